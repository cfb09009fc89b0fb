import { bridgeTo, type RedisClient } from '../drivers/redis/bridges/recognise.ts'
import { RedisDriver, type RedisDriverOptions } from '../drivers/redis/redis-driver.ts'
import { SessionError } from '../session/errors.ts'
import { ENCODED, type Library, type OwnClient, called, connectedBy, ended, made } from './libraries.ts'

const LIBRARIES: readonly Library[] = [
  {
    name: 'redis',
    connect: (module, url) => {
      const client = called(module, 'createClient', { url })
      // Once it was opened it reconnects for as long as it lives; to destroy one that was not is an error of its own.
      return { client, end: async () => (isOpen(client) ? ended(client, 'destroy') : undefined) }
    },
  },
  ...['ioredis', 'iovalkey'].map((name) => ({
    name,
    connect: (module: object, url: string): OwnClient => {
      // The driver makes a connection of its own, like this one, which is never used.
      const client = made(module, 'default', url, { lazyConnect: true })
      return { client, end: () => ended(client, 'disconnect') }
    },
  })),
]

/** Makes a client of a URL. The driver connects it. */
export function redisClientOf(url: string, library: unknown): Promise<OwnClient> {
  if (!/^\s*rediss?:/i.test(url)) throw SessionError.config('redis.url', "must begin with 'redis://', or with 'rediss://' for TLS.")
  if (!URL.canParse(url)) {
    throw SessionError.config('redis.url', `cannot be read as a URL. ${ENCODED}`)
  }
  return connectedBy(LIBRARIES, url, 'redis', library)
}

/** @throws {SessionError} `ERR_SESSION_CONFIG` for what is no client, and for an option that cannot work. */
export function redisDriverOf(client: unknown, options: Omit<RedisDriverOptions, 'client'>): RedisDriver {
  checkClient(client)
  return new RedisDriver({ ...options, client })
}

function checkClient(client: unknown): asserts client is RedisClient {
  bridgeTo(client, 1)
}

function isOpen(client: unknown): boolean {
  return typeof client === 'object' && client !== null && Reflect.get(client, 'isOpen') === true
}
