import { Redis as Redis5 } from 'ioredis-5'
import { Redis as Redis6 } from 'ioredis'
import { Redis as Valkey } from 'iovalkey'
import * as redis5 from 'redis-5'
import * as redis6 from 'redis'
import type { TestClient } from '../drivers/redis/suite.ts'

const RECONNECT_MS = 20

interface Address {
  readonly host: string
  readonly port: number
}

/** How a client gets to a master: the sentinels, what they call it, and where the client finds the servers that it is told of. */
export interface SentinelWay {
  readonly name: string
  readonly addresses: Address[]
  readonly map: (address: string) => Address
}

/** Every client that asks sentinels. None is connected. */
export const sentinelClients: Readonly<Record<string, (way: SentinelWay) => TestClient>> = {
  'sentinels by node-redis 6': (way) => closing(redis6.createSentinel(nodeRedisOptions(way))),
  'sentinels by node-redis 5': (way) => closing(redis5.createSentinel(nodeRedisOptions(way))),
  'sentinels by ioredis 6': (way) => disconnecting(new Redis6(ioredisOptions(way))),
  'sentinels by ioredis 5': (way) => disconnecting(new Redis5(ioredisOptions(way))),
  'sentinels by iovalkey': (way) => disconnecting(new Valkey(ioredisOptions(way))),
}

function nodeRedisOptions({ name, addresses, map }: SentinelWay) {
  const clientOptions = { socket: { reconnectStrategy: () => RECONNECT_MS } }
  return { name, sentinelRootNodes: addresses, nodeAddressMap: map, nodeClientOptions: clientOptions, sentinelClientOptions: clientOptions }
}

function ioredisOptions({ name, addresses, map }: SentinelWay) {
  const again = () => RECONNECT_MS
  return { name, sentinels: addresses, natMap: map, lazyConnect: true, retryStrategy: again, sentinelRetryStrategy: again }
}

function closing(
  client: TestClient['client'] & { readonly isOpen: boolean; destroy(): unknown; setMaxListeners(count: number): unknown },
): TestClient {
  // Many drivers share one in the tests, and each listens to its errors.
  client.setMaxListeners(0)
  return {
    client,
    end: async () => {
      if (client.isOpen) await client.destroy()
    },
  }
}

function disconnecting(client: TestClient['client'] & { disconnect(): void }): TestClient {
  return { client, end: () => client.disconnect() }
}
