import pg from 'pg'
import postgres from 'postgres'
import { Kysely, PostgresDialect } from 'kysely'
import { afterAll, beforeAll } from 'vitest'
import { describeNeeding } from '../support/needs.ts'
import { startPgBouncer } from '../support/pgbouncer.ts'
import { postgresForTests, startPostgres } from '../support/postgres-server.ts'
import type { ServerForTests, SqlServer } from '../support/sql-server.ts'
import { behindProxy } from './database/behind-proxy.ts'
import { type TestClient, type Topology, databaseSuite } from './database/suite.ts'

type Make = (url: string, connections: number) => TestClient

/** What the suites of one server need beside it. */
interface Place {
  readonly topology: (make: Make) => Topology
}

function placeOn(start: () => Promise<Pick<ServerForTests, 'url' | 'stop'>>): Place {
  let server: Pick<ServerForTests, 'url' | 'stop'>
  let admin: pg.Pool

  beforeAll(async () => {
    server = await start()
    admin = new pg.Pool({ connectionString: server.url, max: 2 })
    admin.on('error', () => {})
  })

  afterAll(async () => {
    await admin.end()
    await server.stop()
  })

  return {
    topology: (make) => ({
      makeClient: (_table, connections) => make(server.url, connections),
      makeCuttableClient: () => behindProxy(server.url, (url) => make(url, 3)),
      execute: (sql) => admin.query(sql),
    }),
  }
}

describeNeeding('postgres', 'DatabaseDriver on PostgreSQL', () => {
  const { topology } = placeOn(postgresForTests)
  databaseSuite('pg', topology(pgPool))
  databaseSuite(
    'pg, a pool of one connection',
    topology((url) => pgPool(url, 1)),
  )
  databaseSuite('pg, not prepared', { ...topology(pgPool), options: { prepare: false } })
  // Cut off, it comes back when it likes, and sometimes not at all: what can be asked of the driver then is an error in time.
  databaseSuite('postgres', { ...topology(postgresJs), makeCuttableClient: undefined })
  databaseSuite('Kysely with pg', topology(kysely))
})

describeNeeding('postgres-server', 'DatabaseDriver on PostgreSQL 18', () => {
  const { topology } = placeOn(() => startPostgres({ version: 18 }))
  databaseSuite('pg', topology(pgPool))
})

describeNeeding('pgbouncer', 'DatabaseDriver on PostgreSQL behind PgBouncer in transaction mode', () => {
  let server: SqlServer
  let bouncer: SqlServer
  const { topology } = placeOn(async () => {
    server = await startPostgres()
    bouncer = await startPgBouncer(server, { poolSize: 2 })
    return {
      url: bouncer.url,
      stop: async () => {
        await bouncer.stop()
        await server.stop()
      },
    }
  })
  databaseSuite('pg, not prepared', { ...topology(pgPool), options: { prepare: false } })
  // It finds out by itself that nothing stays prepared there.
  databaseSuite('pg', topology(pgPool))
})

function pgPool(url: string, max: number): TestClient {
  const client = new pg.Pool({ connectionString: url, max })
  return { client, end: () => client.end() }
}

function postgresJs(url: string, max: number): TestClient {
  const client = postgres(url, { max, onnotice: () => {} })
  // Else it waits for what it could not send yet.
  return { client, end: () => client.end({ timeout: 1 }) }
}

function kysely(url: string, max: number): TestClient {
  const pool = new pg.Pool({ connectionString: url, max })
  // Kysely does not listen to the connections that it borrows: one that is lost then would end the process.
  pool.on('connect', (connection) => connection.on('error', () => {}))
  const client = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) })
  return { client, end: () => client.destroy() }
}
