import { Cluster as Cluster5 } from 'ioredis-5'
import { Cluster as Cluster6 } from 'ioredis'
import { Cluster as ValkeyCluster } from 'iovalkey'
import * as redis5 from 'redis-5'
import * as redis6 from 'redis'
import type { TestClient } from '../drivers/redis/suite.ts'

const RECONNECT_MS = 20

/** How a client gets to a cluster: where it begins, and where it finds the nodes that it is told of. */
export interface ClusterWay {
  readonly addresses: { readonly host: string; readonly port: number }[]
  readonly map: (address: string) => { readonly host: string; readonly port: number }
}

/** Every client of a Cluster. None is connected. */
export const clusterClients: Readonly<Record<string, (way: ClusterWay) => TestClient>> = {
  'a cluster by node-redis 6': (way) => closing(redis6.createCluster(nodeRedisOptions(way))),
  'a cluster by node-redis 5': (way) => closing(redis5.createCluster(nodeRedisOptions(way))),
  'a cluster by ioredis 6': ({ addresses, map }) => disconnecting(new Cluster6(addresses, { ...IOREDIS, natMap: map })),
  'a cluster by ioredis 5': ({ addresses, map }) => disconnecting(new Cluster5(addresses, { ...IOREDIS, natMap: map })),
  'a cluster by iovalkey': ({ addresses, map }) => disconnecting(new ValkeyCluster(addresses, { ...IOREDIS, natMap: map })),
}

const IOREDIS = { lazyConnect: true, clusterRetryStrategy: () => RECONNECT_MS }

function nodeRedisOptions({ addresses, map }: ClusterWay) {
  return {
    rootNodes: addresses.map((socket) => ({ socket })),
    nodeAddressMap: map,
    defaults: { socket: { reconnectStrategy: () => RECONNECT_MS } },
  }
}

function closing(client: TestClient['client'] & { readonly isOpen: boolean; destroy(): unknown }): TestClient {
  return {
    client,
    end: () => {
      if (client.isOpen) client.destroy()
    },
  }
}

function disconnecting(client: TestClient['client'] & { disconnect(): void }): TestClient {
  return { client, end: () => client.disconnect() }
}
