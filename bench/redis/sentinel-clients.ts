import type { RedisDriverOptions } from '../../src/drivers/redis/redis-driver.ts'
import type { SentinelWay } from '../../test/support/redis-sentinel-clients.ts'
import type { RedisLibrary } from './clients.ts'

/** A client that asks sentinels for its master. */
export interface SentinelClient {
  readonly client: RedisDriverOptions['client']
  readonly end: () => Promise<void>
}

const RECONNECT_MS = 20

/** A client that is not connected. It tries again for ever until it is ended. */
export async function makeSentinelClient(library: RedisLibrary, { name, addresses, map }: SentinelWay): Promise<SentinelClient> {
  if (library === 'ioredis') {
    const { Redis } = await import('ioredis')
    const again = (): number => RECONNECT_MS
    const client = new Redis({
      name,
      sentinels: addresses,
      natMap: map,
      lazyConnect: true,
      retryStrategy: again,
      sentinelRetryStrategy: again,
    })
    return { client, end: async () => client.disconnect() }
  }
  const { createSentinel } = await import('redis')
  let isOver = false
  // It now and then forgets a connection to a master that it has left, which would try again for ever and keep the process alive.
  const reconnectStrategy = (): number | Error => (isOver ? new Error('this client was ended') : RECONNECT_MS)
  const clientOptions = { socket: { reconnectStrategy } }
  const client = createSentinel({
    name,
    sentinelRootNodes: addresses,
    nodeAddressMap: map,
    nodeClientOptions: clientOptions,
    sentinelClientOptions: clientOptions,
  })
  return {
    client,
    end: async () => {
      isOver = true
      if (client.isOpen) await client.destroy()
    },
  }
}
