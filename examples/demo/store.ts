import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { SESSION_FILE, SESSION_FOLDER } from './data.ts'
import { DatabaseDriver, FileDriver, RedisDriver, type LockingDriver, type StoreKey } from './holdfast.ts'

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
const TABLE = 'demo_sessions'

/**
 * Chooses by `SESSION_DRIVER`: `file`, the default, `database` with `DATABASE_URL`, or `redis` with `REDIS_URL`.
 *
 * @throws {Error} For anything else.
 */
export function chosenStore(): Store {
  const chosen = process.env['SESSION_DRIVER'] || 'file'
  if (chosen === 'file') return fileStore
  if (chosen === 'database') return databaseStore(process.env['DATABASE_URL'] || `file:${SESSION_FILE}`)
  if (chosen === 'redis') return redisStore(process.env['REDIS_URL'] || 'redis://127.0.0.1:6379')
  throw new Error(`SESSION_DRIVER must be 'file', 'database' or 'redis', not '${chosen}'.`)
}

const fileStore: Store = {
  place: SESSION_FOLDER,
  entry: 'file',
  nameOf: (key) => `${SESSION_FOLDER}/${key.slice(0, 2)}/${key}`,
  makeDriver: async () => new FileDriver({ path: SESSION_FOLDER }),
}

function databaseStore(url: string): Store {
  const address = URL.parse(url)
  const protocol = address?.protocol ?? ''
  const isServer = /^(?:postgres|postgresql|mysql|mariadb):$/.test(protocol) && address?.hostname !== ''
  // A path, not a URL's: `file:var/sessions.db` is below the folder that the demo is started in.
  const file = protocol === 'file:' ? url.slice('file:'.length).replace(/^\/\//, '') : ''
  if (!isServer && file === '') {
    throw new Error(
      "DATABASE_URL must be a URL such as 'postgres://user@127.0.0.1/shop', 'mysql://user@127.0.0.1/shop' or 'file:var/sessions.db'.",
    )
  }
  const kind = isServer ? (protocol.startsWith('postgres') ? 'PostgreSQL' : 'MySQL or MariaDB') : 'SQLite'
  return {
    place: isServer ? `${kind} at ${address?.host}` : `${kind}, ${file}`,
    entry: 'row',
    nameOf: (key) => `${TABLE}, ${key}`,
    async makeDriver() {
      const clientFor = { PostgreSQL: postgresPool, 'MySQL or MariaDB': mysqlPool, SQLite: sqliteFile }[kind]
      const driver = new DatabaseDriver({ client: await clientFor(isServer ? url : file), table: TABLE })
      await driver.migrate() // yours does it once, when it is deployed
      return driver
    },
  }
}

async function postgresPool(url: string) {
  const { default: pg } = await import('pg')
  return new pg.Pool({ connectionString: url })
}

async function mysqlPool(url: string) {
  const { createPool } = await import('mysql2/promise')
  return createPool(url.replace(/^mariadb:/, 'mysql:'))
}

async function sqliteFile(file: string) {
  const { DatabaseSync } = await import('node:sqlite')
  mkdirSync(dirname(file), { recursive: true })
  const database = new DatabaseSync(file, { timeout: 5000 })
  database.exec('PRAGMA journal_mode = WAL') // readers and writers side by side
  database.exec('PRAGMA synchronous = NORMAL') // as durable as a process, not as a power cut
  return database
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
