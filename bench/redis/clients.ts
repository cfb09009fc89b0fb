import type { RedisDriverOptions } from '../../src/drivers/redis/redis-driver.ts'

/** The two libraries that most have, each of the newest version. */
export const libraries = ['node-redis', 'ioredis'] as const
export type Library = (typeof libraries)[number]

/** Their packages here, for a figure's `peers`. */
export const CLIENT_PACKAGES = ['redis', 'ioredis'] as const

export interface OwnClient {
  readonly client: RedisDriverOptions['client']
  readonly end: () => void
}

const RECONNECT_MS = 20

/** A client of a server on 127.0.0.1, not connected. Only its own library is loaded: many processes do this. */
export async function makeClient(library: Library, port: number): Promise<OwnClient> {
  if (library === 'ioredis') {
    const { Redis } = await import('ioredis')
    const client = new Redis(port, { lazyConnect: true, retryStrategy: () => RECONNECT_MS })
    return { client, end: () => client.disconnect() }
  }
  const { createClient } = await import('redis')
  const client = createClient({ socket: { host: '127.0.0.1', port, reconnectStrategy: () => RECONNECT_MS } })
  return {
    client,
    end: () => {
      if (client.isOpen) client.destroy()
    },
  }
}

export function libraryNamed(name: string | undefined): Library {
  const library = libraries.find((one) => one === name)
  if (library === undefined) throw new TypeError(`no library is called ${name}`)
  return library
}

/** One after the other, again and again. */
export function libraryAt(index: number): Library {
  return index % libraries.length === 0 ? 'node-redis' : 'ioredis'
}
