import { bridgeTo, type DatabaseClient } from '../drivers/database/bridges/recognise.ts'
import { sqliteFailure } from '../drivers/database/bridges/sqlite-failure.ts'
import { DatabaseDriver, type DatabaseDriverOptions } from '../drivers/database/database-driver.ts'
import { SessionError } from '../session/errors.ts'
import { type Library, type OwnClient, called, connectedBy, ended, made } from './libraries.ts'

/** As mysql2 has it. Without a bound a pool of pg waits for ever for a server that takes the connection and says nothing, and so does its `end`. */
const CONNECT_MS = 10_000

const SWITCH_TRIES = 250
const SWITCH_AGAIN_MS = 20

const PG: Library = {
  name: 'pg',
  connect: (module, url) => {
    // It reads the URL at once, and connects to nothing. A pool would read it at the first request.
    made(module, 'Client', { connectionString: url })
    return ending(made(module, 'Pool', { connectionString: url, connectionTimeoutMillis: CONNECT_MS }), 'end')
  },
}
const POSTGRES: Library = {
  name: 'postgres',
  connect: (module, url) => ending(called(module, 'default', url), 'end', { timeout: 1 }),
}
const MYSQL2: Library = {
  name: 'mysql2/promise',
  connect: (module, url) => ending(called(module, 'createPool', url.replace(/^mariadb:/, 'mysql:')), 'end'),
}
const MARIADB: Library = {
  name: 'mariadb',
  connect: (module, url) => ending(called(module, 'createPool', url.replace(/^mysql:/, 'mariadb:')), 'end'),
}
const NODE_SQLITE: Library = { name: 'node:sqlite', connect: (module, url) => sqlite(made(module, 'DatabaseSync', fileIn(url))) }
const BETTER_SQLITE3: Library = { name: 'better-sqlite3', connect: (module, url) => sqlite(made(module, 'default', fileIn(url))) }
const BUN_SQLITE: Library = { name: 'bun:sqlite', connect: (module, url) => sqlite(made(module, 'Database', fileIn(url))) }

const BY_PROTOCOL: Readonly<Record<string, readonly Library[]>> = {
  'postgres:': [PG, POSTGRES],
  'postgresql:': [PG, POSTGRES],
  'mysql:': [MYSQL2, MARIADB],
  'mariadb:': [MARIADB, MYSQL2],
  'sqlite:': [NODE_SQLITE, BUN_SQLITE, BETTER_SQLITE3],
  'file:': [NODE_SQLITE, BUN_SQLITE, BETTER_SQLITE3],
}

/** Makes a client of a URL: a pool, or an open SQLite file. */
export function sqlClientOf(url: string, library: unknown): Promise<OwnClient> {
  const protocol = /^[a-z]+:/.exec(url)?.[0] ?? ''
  const libraries = Object.hasOwn(BY_PROTOCOL, protocol) ? BY_PROTOCOL[protocol] : undefined
  if (libraries === undefined) {
    throw SessionError.config('database.url', `must begin with one of ${Object.keys(BY_PROTOCOL).join(', ')} in lower case.`)
  }
  // SQLite takes a missing name for a file that it removes when the connection ends.
  if (/^(?:sqlite|file):/.test(url) && fileIn(url) === '')
    throw SessionError.config('database.url', `must name a file, such as '${protocol}var/sessions.db'.`)
  return connectedBy(libraries, url, 'database', library)
}

/** @throws {SessionError} `ERR_SESSION_CONFIG` for what is no client, and for an option that cannot work. */
export function databaseDriverOf(client: unknown, options: Omit<DatabaseDriverOptions, 'client'>): DatabaseDriver {
  checkClient(client, options)
  return new DatabaseDriver({ ...options, client })
}

function checkClient(client: unknown, { dialect }: Omit<DatabaseDriverOptions, 'client'>): asserts client is DatabaseClient {
  bridgeTo(client, dialect, { boundMs: 1, prepare: true })
}

function ending(client: unknown, method: string, ...given: readonly unknown[]): OwnClient {
  return { client, end: () => ended(client, method, ...given) }
}

/**
 * A reader does not wait for a writer in WAL mode. It is a property of the file, and stays. Of processes that begin at once one switches it, and the others find
 * it locked meanwhile.
 */
async function sqlite(client: unknown): Promise<OwnClient> {
  const own = ending(client, 'close')
  const setUp: unknown = typeof client === 'object' && client !== null ? Reflect.get(client, 'exec') : undefined
  if (typeof setUp !== 'function') return own
  for (let tries = 1; ; tries++) {
    try {
      Reflect.apply(setUp, client, ['PRAGMA journal_mode = WAL'])
      return own
    } catch (error) {
      const { reason, message } = sqliteFailure(error)
      if (reason === 'contention' && tries < SWITCH_TRIES) await new Promise((done) => setTimeout(done, SWITCH_AGAIN_MS))
      else {
        await own.end()
        throw SessionError.config('database.url', `names a file that SQLite cannot use: ${message}.`)
      }
    }
  }
}

/** `sqlite:var/sessions.db`, `sqlite:///var/sessions.db` and `sqlite::memory:` are files of these names. */
export function fileIn(url: string): string {
  return url.replace(/^(?:sqlite|file):(?:\/\/)?/, '')
}
