import { RedisDriver, type RedisDriverOptions } from '../../src/drivers/redis/redis-driver.ts'
import type { OwnDriver } from '../shared/drivers.ts'

/** The two libraries that most have, each of the newest version. */
export const libraries = ['node-redis', 'ioredis'] as const
export type RedisLibrary = (typeof libraries)[number]

/** Their packages here, for a figure's `peers`. */
export const CLIENT_PACKAGES = ['redis', 'ioredis'] as const

const RECONNECT_MS = 20

/** A driver over a client of a server on 127.0.0.1, not connected. Only the client's own library is loaded. */
export async function makeRedisDriver(library: RedisLibrary, port: number): Promise<OwnDriver> {
  const { client, end } = library === 'ioredis' ? await makeIoredis(port) : await makeNodeRedis(port)
  return { driver: new RedisDriver({ client }), end }
}

interface OwnClient {
  readonly client: RedisDriverOptions['client']
  readonly end: () => void
}

async function makeIoredis(port: number): Promise<OwnClient> {
  const { Redis } = await import('ioredis')
  const client = new Redis(port, { lazyConnect: true, retryStrategy: () => RECONNECT_MS })
  return { client, end: () => client.disconnect() }
}

async function makeNodeRedis(port: number): Promise<OwnClient> {
  const { createClient } = await import('redis')
  const client = createClient({ socket: { host: '127.0.0.1', port, reconnectStrategy: () => RECONNECT_MS } })
  return {
    client,
    end: () => {
      if (client.isOpen) client.destroy()
    },
  }
}
