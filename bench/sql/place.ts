import { childrenOf } from '../../proof/faults/process-table.ts'
import { until } from '../../proof/faults/until.ts'
import { startMariaDb } from '../../test/support/mariadb-server.ts'
import { startPostgres } from '../../test/support/postgres-server.ts'
import type { SqlServer } from '../../test/support/sql-server.ts'
import type { Place, ServerPlace } from '../shared/place.ts'
import { makeTable } from './clients.ts'
import { type Ask, type Clock, looksOver, textIn } from './looking.ts'
import { startSqlitePlace } from './sqlite-place.ts'
import { untilRead } from './unread.ts'

export const engines = ['PostgreSQL', 'MariaDB', 'SQLite'] as const
type Engine = (typeof engines)[number]
export const serverEngines = ['PostgreSQL', 'MariaDB'] as const

export function startSqlPlace(engine: Engine): Promise<Place> {
  return engine === 'SQLite' ? startSqlitePlace() : startSqlServerPlace(engine)
}

/** A server of its own that keeps what it has acknowledged. */
export async function startSqlServerPlace(engine: (typeof serverEngines)[number]): Promise<ServerPlace> {
  return engine === 'PostgreSQL' ? overPostgres(await startPostgres({ durable: true })) : overMariaDb(await startMariaDb({ durable: true }))
}

interface Dialect extends Clock {
  /** Names the statements that the server is at, one row each. A login is none: it may wait for a client that stands still. */
  readonly underWay: string
  readonly version: string
}

const postgres: Dialect = {
  now: '(extract(epoch from clock_timestamp()) * 1000)::bigint',
  key: '$1',
  version: "SELECT current_setting('server_version') AS version",
  underWay: `SELECT pid || ' ' || query_start AS statement FROM pg_stat_activity
    WHERE backend_type = 'client backend' AND state <> 'idle' AND pid <> pg_backend_pid()`,
}
const mariaDb: Dialect = {
  now: "(TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', UTC_TIMESTAMP(3)) DIV 1000)",
  key: '?',
  version: 'SELECT VERSION() AS version',
  underWay: `SELECT CONCAT(id, ' ', query_id) AS statement FROM information_schema.processlist
    WHERE command NOT IN ('Sleep', 'Daemon', 'Connect') AND id <> CONNECTION_ID()`,
}

async function overPostgres(server: SqlServer): Promise<ServerPlace> {
  const { default: pg } = await import('pg')
  const pool = new pg.Pool({ connectionString: server.url, max: 2 })
  pool.on('error', () => {})
  const ask: Ask = async (sql, values = []) => (await pool.query({ text: sql, values: [...values] })).rows
  return await overServer('PostgreSQL', 'pg', server, { dialect: postgres, ask, end: () => pool.end() })
}

async function overMariaDb(server: SqlServer): Promise<ServerPlace> {
  const { createPool } = await import('mysql2/promise')
  const pool = createPool({ uri: server.url, connectionLimit: 2 })
  const ask: Ask = async (sql, values = []) => {
    const [rows] = await pool.execute(sql, [...values])
    return Array.isArray(rows) ? rows : []
  }
  return await overServer('MariaDB', 'mysql2', server, { dialect: mariaDb, ask, end: () => pool.end() })
}

interface Looking {
  readonly dialect: Dialect
  readonly ask: Ask
  readonly end: () => Promise<void>
}

async function overServer(name: string, library: 'pg' | 'mysql2', server: SqlServer, { dialect, ask, end }: Looking): Promise<ServerPlace> {
  // A connection from before a restart fails once.
  const insist: Ask = (sql, values) => until('an answer of the server', () => ask(sql, values))
  const [version] = await insist(dialect.version)
  await makeTable(library, server.url)
  const addressAt = (port: number): string => {
    const url = new URL(server.url)
    url.port = String(port)
    return url.href
  }
  return {
    ...looksOver(insist, dialect),
    title: `${name} ${textIn(version, 'version').split(/[ -]/)[0]}`,
    address: server.url,
    port: server.port,
    libraries: [library],
    addressAt,
    pids: () => [server.pid, ...childrenOf(server.pid)],
    kill: () => server.kill(),
    restart: () => server.restart(),
    blockedBy: async () => {
      await untilRead(server.port)
      const underWay = async (): Promise<Set<string>> => new Set((await insist(dialect.underWay)).map((row) => textIn(row, 'statement')))
      const before = await underWay()
      await until('what is under way to be over', async () => {
        const now = await underWay()
        return ![...before].some((statement) => now.has(statement))
      })
      return false
    },
    [Symbol.asyncDispose]: async () => {
      await end()
      await server.stop()
    },
  }
}
