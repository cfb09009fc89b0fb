import { Redis as Redis5 } from 'ioredis-5'
import { Redis as Redis6 } from 'ioredis'
import { Redis as Valkey } from 'iovalkey'
import * as redis5 from 'redis-5'
import * as redis6 from 'redis'
import { until } from '../../../proof/faults/until.ts'
import type { TestClient } from './suite.ts'

const RECONNECT_MS = 20
const POOL_RESTS_MS = 2000

/** Every client of a single server, each made for a URL. None is connected. */
export const singleClients: Readonly<Record<string, (url: string) => TestClient>> = {
  'node-redis 6': (url) => closing(redis6.createClient({ url, socket: { reconnectStrategy: () => RECONNECT_MS } })),
  'node-redis 5': (url) => closing(redis5.createClient({ url, socket: { reconnectStrategy: () => RECONNECT_MS } })),
  'a pool of node-redis 6': (url) => closingPool(redis6.createClientPool({ url, socket: { reconnectStrategy: () => RECONNECT_MS } })),
  'a pool of node-redis 5': (url) => closingPool(redis5.createClientPool({ url, socket: { reconnectStrategy: () => RECONNECT_MS } })),
  'ioredis 6': (url) => disconnecting(new Redis6(url, IOREDIS)),
  'ioredis 6 with auto-pipelining': (url) => disconnecting(new Redis6(url, { ...IOREDIS, enableAutoPipelining: true })),
  'ioredis 5': (url) => disconnecting(new Redis5(url, IOREDIS)),
  iovalkey: (url) => disconnecting(new Valkey(url, IOREDIS)),
}

const IOREDIS = { lazyConnect: true, retryStrategy: () => RECONNECT_MS }

function closing(client: TestClient['client'] & { readonly isOpen: boolean; destroy(): unknown }): TestClient {
  return {
    client,
    end: () => {
      if (client.isOpen) client.destroy()
    },
  }
}

/** A pool of node-redis 5 that is destroyed while it makes a connection throws 3 seconds later, where nobody catches it. */
function closingPool(
  client: TestClient['client'] & { readonly isOpen: boolean; readonly clientsInUse: number; destroy(): unknown },
): TestClient {
  return {
    client,
    end: async () => {
      // Of a server that is not there it makes one without an end.
      await until('the pool to rest', () => client.clientsInUse === 0, POOL_RESTS_MS).catch(() => undefined)
      if (client.isOpen) client.destroy()
    },
  }
}

function disconnecting(client: TestClient['client'] & { disconnect(): void }): TestClient {
  return { client, end: () => client.disconnect() }
}
