import { SESSION_FOLDER } from './data.ts'
import { FileDriver, RedisDriver, type LockingDriver, type StoreKey } from './holdfast.ts'

/** Where the demo keeps its sessions. */
export interface Store {
  /** For people: without a password. */
  readonly place: string
  /** What a session's entry is, such as a file, and what it is called there. */
  readonly entry: string
  nameOf(key: StoreKey): string
  makeDriver(): Promise<LockingDriver>
}

const REDIS_PREFIX = 'demo:session:'

/** Chooses by `SESSION_DRIVER`: `file`, the default, or `redis` with `REDIS_URL`. @throws {Error} for anything else. */
export function chosenStore(): Store {
  const chosen = process.env['SESSION_DRIVER'] || 'file'
  if (chosen === 'file') return fileStore
  if (chosen === 'redis') return redisStore(process.env['REDIS_URL'] || 'redis://127.0.0.1:6379')
  throw new Error(`SESSION_DRIVER must be 'file' or 'redis', not '${chosen}'.`)
}

const fileStore: Store = {
  place: SESSION_FOLDER,
  entry: 'file',
  nameOf: (key) => `${SESSION_FOLDER}/${key.slice(0, 2)}/${key}`,
  makeDriver: async () => new FileDriver({ path: SESSION_FOLDER }),
}

function redisStore(url: string): Store {
  const address = URL.parse(url)
  if (address === null || !/^rediss?:$/.test(address.protocol) || address.hostname === '') {
    throw new Error("REDIS_URL must be a URL such as 'redis://127.0.0.1:6379'.")
  }
  return {
    place: `Redis at ${address.host}`,
    entry: 'key',
    nameOf: (key) => `${REDIS_PREFIX}${key}`,
    async makeDriver() {
      const { createClient } = await import('redis')
      const client = createClient({ url })
      client.on('error', () => {}) // what a request loses by it, the session says
      return new RedisDriver({ client, prefix: REDIS_PREFIX })
    },
  }
}
