import { once } from 'node:events'
import { createServer } from 'node:http'
import { createPool } from 'mysql2/promise'
import { Pool } from 'pg'
import { DatabaseDriver } from '../../src/drivers/database/database-driver.ts'
import type { DatabaseDriverOptions } from '../../src/drivers/database/database-driver.ts'
import { mysqlDialect } from '../../src/drivers/database/dialects/mysql.ts'
import { postgresDialect } from '../../src/drivers/database/dialects/postgres.ts'
import { sqliteDialect } from '../../src/drivers/database/dialects/sqlite.ts'
import { SessionManager } from '../../src/index.ts'
import { randomHex } from '../../src/session/random.ts'
import { startMariaDb } from '../../test/support/mariadb-server.ts'
import { startPostgres } from '../../test/support/postgres-server.ts'
import { newKey } from '../file/support.ts'
import { Connection, cookiesOf } from '../harness/connection.ts'
import { visitsApp } from '../redis/visits-app.ts'
import { MARIADB_LOGS, MariaDbSeen, POSTGRES_COUNTS, PostgresSeen, SqliteSeen } from '../sql/statements-seen.ts'
import type { StatementsSeen } from '../sql/statements-seen.ts'
import type { Figure, FigureRow } from './figure.ts'

const COOKIE = 'ml_session'

interface Step {
  /** In the counts. */
  readonly key: string
  readonly label: string
  readonly path: string
  /** Whose session: the one that the steps share, or no such. */
  readonly cookie?: string
  /** Statements at most, and where no update gives back what it wrote; none where there is no goal. */
  readonly goal?: number
  readonly mysqlGoal?: number
  /** Steps that are needed before it each time, and not counted. */
  readonly before?: readonly string[]
}

// In this order: what is asked for with the cookie of the one before.
const steps: readonly Step[] = [
  { key: 'noCookie', label: 'no cookie, nothing kept', path: '/read', cookie: '', goal: 0 },
  { key: 'wrongForm', label: 'a cookie of the wrong form', path: '/read', cookie: `${COOKIE}=../../etc/passwd`, goal: 0 },
  { key: 'forged', label: 'a forged id of the right form', path: '/read', cookie: `${COOKIE}=${randomHex(20)}` },
  { key: 'created', label: 'a new session that is kept', path: '/new', cookie: '' },
  { key: 'changed', label: 'a session that is changed', path: '/write', before: ['/new'], goal: 2, mysqlGoal: 3 },
  { key: 'unchanged', label: 'a session that is not changed', path: '/read', before: ['/new'], goal: 2, mysqlGoal: 3 },
  { key: 'readonly', label: "concurrency: 'readonly'", path: '/readonly', before: ['/new'], goal: 1 },
  { key: 'regenerated', label: 'a new id', path: '/regenerate', before: ['/new'] },
  { key: 'login', label: 'a login: a new id, and a user', path: '/login', before: ['/new'] },
  { key: 'regeneratedUser', label: 'a new id, logged in', path: '/regenerate', before: ['/new', '/login'] },
  { key: 'changedUser', label: 'a session that is changed, logged in', path: '/write', before: ['/new', '/login'], goal: 2, mysqlGoal: 3 },
  { key: 'logout', label: 'a logout', path: '/logout', before: ['/new', '/login'] },
]

const times = { full: 25, small: 2 }

type Found = ReadonlyMap<Step, readonly string[]>

export const figure: Figure = {
  name: 'sql-statements',
  title: 'Statements that a database carries out for a request of Express',
  peers: ['express', 'pg', 'mysql2'],
  async run(size, { log }) {
    const columns: Readonly<Record<string, Found>> = {
      PostgreSQL: await onPostgres(times[size]),
      ...(await onMariaDb(times[size])),
      SQLite: await onSqlite(times[size]),
    }
    const counts: Record<string, number> = {}
    const rows: FigureRow[] = []
    for (const step of steps) {
      const { key, label, goal, mysqlGoal = goal } = step
      const many = Object.fromEntries(Object.entries(columns).map(([name, found]) => [name, found.get(step)?.length ?? Number.NaN]))
      for (const [name, count] of Object.entries(many)) counts[`${key}, ${name}`] = count
      const ordered = (name: string): string => (columns[name]?.get(step) ?? []).join(', ')
      rows.push({
        request: label,
        ...many,
        goal: goal === undefined ? '' : goal === mysqlGoal ? `at most ${goal}` : `at most ${goal}, ${mysqlGoal} with 'mysql'`,
        // The counters of PostgreSQL know no order.
        'statements of PostgreSQL and SQLite': ordered('SQLite'),
        'of MariaDB': ordered('MariaDB'),
      })
      if (sorted(columns['PostgreSQL'], step) !== sorted(columns['SQLite'], step)) throw new Error(`${label}: PostgreSQL and SQLite differ`)
    }
    log(`requests counted: ${steps.length * Object.keys(columns).length * times[size]}`)
    return { counts, rows }
  },
}

function sorted(found: Found | undefined, step: Step): string {
  return (found?.get(step) ?? []).toSorted().join()
}

// One connection: what it was asked before has been carried out when a later question is answered.
async function onPostgres(many: number): Promise<Found> {
  await using server = await startPostgres({ settings: POSTGRES_COUNTS })
  const pool = new Pool({ connectionString: server.url, max: 1 })
  try {
    const driver = await migrated({ client: pool })
    await using seen = await PostgresSeen.on(server.url, postgresDialect('"sessions"', 2500).statements)
    return await visits(driver, seen, many)
  } finally {
    await pool.end()
  }
}

async function onMariaDb(many: number): Promise<Readonly<Record<string, Found>>> {
  await using server = await startMariaDb({ settings: MARIADB_LOGS })
  const pool = createPool({ uri: server.url, connectionLimit: 1 })
  const ask = async (dialect: 'mariadb' | 'mysql'): Promise<Found> => {
    const driver = await migrated({ client: pool, dialect })
    const { statements } = mysqlDialect('`sessions`', dialect === 'mysql' ? 'none' : 'inserts', 2500)
    await using seen = await MariaDbSeen.on(server.url, statements)
    return await visits(driver, seen, many)
  }
  try {
    return { MariaDB: await ask('mariadb'), "MariaDB, dialect: 'mysql'": await ask('mysql') }
  } finally {
    await pool.end()
  }
}

async function onSqlite(many: number): Promise<Found> {
  using database = new SqliteSeen(':memory:')
  const driver = await migrated({ client: database })
  database.name(sqliteDialect('"sessions"').statements)
  return await visits(driver, database, many)
}

async function migrated(options: DatabaseDriverOptions): Promise<DatabaseDriver> {
  const driver = new DatabaseDriver(options)
  await driver.migrate()
  await driver.open()
  return driver
}

/** What each step sends. It is the same each time, or the run fails. */
async function visits(driver: DatabaseDriver, seen: StatementsSeen, many: number): Promise<Found> {
  const manager = new SessionManager({ driver, cookie: { secure: false } })
  await manager.ready()
  const server = createServer(visitsApp(manager)).listen(0, '127.0.0.1')
  if (!server.listening) await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('the server has no port')
  const connection = await Connection.to(address.port)
  const found = new Map<Step, readonly string[]>()
  try {
    for (let turn = 0; turn < many; turn++) {
      for (const step of steps) {
        const cookie = await cookieFor(connection, step)
        await settled(driver, seen)
        await visit(connection, step.path, cookie)
        const statements = await settled(driver, seen)
        const before = found.get(step)
        if (before !== undefined && before.toSorted().join() !== statements.toSorted().join()) {
          throw new Error(`${step.label}: ${statements.join(', ')}, and before that ${before.join(', ')}`)
        }
        found.set(step, statements)
      }
    }
  } finally {
    connection.close()
    server.close()
    await manager.close({ waitSeconds: 1 })
  }
  return found
}

async function cookieFor(connection: Connection, { cookie, before = [] }: Step): Promise<string> {
  let now = cookie ?? ''
  for (const path of before) now = await visit(connection, path, now)
  return now
}

/** Gives the cookie that the visitor has afterwards. */
async function visit(connection: Connection, path: string, cookie: string): Promise<string> {
  const answer = await connection.get(path, cookie)
  if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}`)
  return cookiesOf(answer) || cookie
}

const QUIET_TURNS = 4

/**
 * What was carried out since the last time, when no more comes: what an answer does not wait for is there too. The driver is asked so often in
 * vain, which is not counted.
 */
async function settled(driver: DatabaseDriver, seen: StatementsSeen): Promise<string[]> {
  const names: string[] = []
  for (let quiet = 0; quiet < QUIET_TURNS;) {
    await crypto.subtle.digest('SHA-256', Buffer.from(names.join()))
    await driver.read(newKey())
    const own = await seen.take()
    const at = own.lastIndexOf('read')
    if (at === -1) throw new Error('a read was not seen')
    names.push(...own.filter((_, place) => place !== at))
    quiet = own.length === 1 ? quiet + 1 : 0
  }
  return names
}
