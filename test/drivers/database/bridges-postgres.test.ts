import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import postgres from 'postgres'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { until } from '../../../proof/faults/until.ts'
import { bridgeTo } from '../../../src/drivers/database/bridges/recognise.ts'
import { DatabaseDriver } from '../../../src/drivers/database/database-driver.ts'
import { describeNeeding } from '../../support/needs.ts'
import { postgresForTests } from '../../support/postgres-server.ts'
import type { ServerForTests } from '../../support/sql-server.ts'
import { type Admin, outageSuite } from './bridge-outages.ts'
import { bridgeSuite, type ClientUnderTest, OPTIONS, statementFor } from './bridge-suite.ts'

describeNeeding('postgres', 'a bridge to PostgreSQL', () => {
  let server: ServerForTests
  let admin: Admin

  beforeAll(async () => {
    server = await postgresForTests()
    admin = await adminAt(server.url)
  })
  afterAll(async () => {
    await admin.end()
    await server.stop()
  })

  const url = (): string => server.url
  const suites: Readonly<Record<string, (url: string, max: number) => ClientUnderTest | Promise<ClientUnderTest>>> = {
    'a pool of pg': pool,
    'a client of pg': client,
    'postgres.js': postgresJs,
    'Kysely over pg': kysely,
  }
  for (const [name, make] of Object.entries(suites)) {
    const recovers = make !== client
    bridgeSuite(name, { family: 'postgres', make: () => make(url(), 4), hold: (table) => admin.hold(table) })
    outageSuite(name, {
      family: 'postgres',
      make: (to) => make(to, 1),
      url,
      admin: () => admin,
      bounds: make === pool || make === client,
      recovers,
    })
  }

  it.each([
    { name: 'pg', make: pool },
    { name: 'postgres.js', make: postgresJs },
  ])('prepares a statement once, until it is told not to: $name', async ({ make }) => {
    const under = make(url(), 1)
    const bridge = bridgeTo(under.client, undefined, OPTIONS)
    const one = statementFor('postgres', 'SELECT CAST($1 AS int) AS one', true)
    const other = statementFor('postgres', 'SELECT CAST($1 AS int) AS other', true)
    const prepared = statementFor(
      'postgres',
      "SELECT statement FROM pg_prepared_statements WHERE statement LIKE '%AS int) AS o%' ORDER BY 1",
      true,
    )
    await bridge.run(one, [1])
    await bridge.run(one, [2])
    bridge.stopPreparing?.()
    await bridge.run(other, [3])
    expect((await bridge.run(prepared, [])).rows).toEqual([{ statement: one.text }])
    await under.end()
  })

  it('says that a client was not connected, and takes one that is just connecting', async () => {
    const idle = new pg.Client(url())
    const driver = new DatabaseDriver({ client: idle, table: 'nothing_here' })
    await expect(driver.migrate()).rejects.toThrow('The client was not connected: await client.connect() first')
    const connected = idle.connect()
    await expect(driver.open()).rejects.toThrow("There is no table 'nothing_here'.")
    await connected
    await idle.end()
  })

  it('says that there is no schema, and does not ask for a migration by which none would come', async () => {
    const connections = new pg.Pool({ connectionString: url() })
    const driver = new DatabaseDriver({ client: connections, table: 'no_such_schema.sessions' })
    await expect(driver.migrate()).rejects.toThrow(/migrate' failed\. The database answered: schema "no_such_schema" does not exist/)
    await connections.end()
  })

  it('says what the server does not take when postgres.js connects', async () => {
    const sql = postgres(url(), { connection: { no_such_setting: 'on' } })
    await expect(new DatabaseDriver({ client: sql }).open()).rejects.toThrow(/The database answered: .*"no_such_setting"/)
    await sql.end()
  })

  it('refuses a postgres.js that changes names', async () => {
    const sql = postgres(url(), { transform: postgres.camel })
    expect(() => bridgeTo(sql, undefined, OPTIONS)).toThrow(/client.*transform/)
    await sql.end()
  })
})

const ignore = (): void => undefined

function pool(url: string, max: number): ClientUnderTest {
  const made = new pg.Pool({ connectionString: url, max })
  return { client: made, end: () => made.end() }
}

async function client(url: string): Promise<ClientUnderTest> {
  const made = new pg.Client(url)
  made.on('error', ignore)
  await made.connect()
  return { client: made, end: () => made.end() }
}

function postgresJs(url: string, max: number): ClientUnderTest {
  const made = postgres(url, { max, onnotice: ignore, backoff: () => 0.01 })
  return { client: made, end: () => made.end() }
}

function kysely(url: string, max: number): ClientUnderTest {
  const under = new pg.Pool({ connectionString: url, max })
  under.on('error', ignore)
  // Kysely listens to none of the connections that it has in use: one that is lost would end the process.
  under.on('connect', (connection) => void connection.on('error', ignore))
  const made = new Kysely<object>({ dialect: new PostgresDialect({ pool: under }) })
  return { client: made, end: () => made.destroy() }
}

async function adminAt(url: string): Promise<Admin> {
  const connections = new pg.Pool({ connectionString: url })
  connections.on('error', ignore)
  const waiting = "FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND position($1 in query) > 0"
  return {
    hold: async (table) => {
      const holder = await connections.connect()
      await holder.query(`BEGIN; SELECT k FROM ${table} WHERE k = 'held' FOR UPDATE`)
      return async () => {
        await holder.query('ROLLBACK')
        holder.release()
      }
    },
    waiting: async (table) => (await connections.query(`SELECT pid ${waiting}`, [table])).rows.length,
    // One that just looks for deadlocks does not wait in that moment.
    killWaiting: async (table) => {
      const kill = async (): Promise<boolean> =>
        (await connections.query(`SELECT pg_terminate_backend(pid) ${waiting}`, [table])).rows.length > 0
      await until('a statement that waits to be killed', kill)
    },
    end: () => connections.end(),
  }
}
