import { Kysely, MysqlDialect } from 'kysely'
import * as mariadb from 'mariadb'
import { createPool as createCallbackPool } from 'mysql2'
import mysql from 'mysql2/promise'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { until } from '../../../proof/faults/until.ts'
import { bridgeTo } from '../../../src/drivers/database/bridges/recognise.ts'
import { mariaDbForTests, startMariaDb } from '../../support/mariadb-server.ts'
import { describeNeeding } from '../../support/needs.ts'
import type { ServerForTests, SqlServer } from '../../support/sql-server.ts'
import { type Admin, outageSuite } from './bridge-outages.ts'
import { bridgeSuite, type ClientUnderTest, failureOf, OPTIONS, statementFor } from './bridge-suite.ts'
import type { SqlFailure } from '../../../src/drivers/database/bridges/bridge.ts'

const MEBIBYTE = 2 ** 20

describeNeeding('mariadb', 'a bridge to MariaDB', () => {
  let server: ServerForTests
  let admin: Admin

  beforeAll(async () => {
    server = await mariaDbForTests()
    admin = await adminAt(server.url)
  })
  afterAll(async () => {
    await admin.end()
    await server.stop()
  })

  const url = (): string => server.url
  const suites: Readonly<Record<string, (url: string, max: number) => ClientUnderTest | Promise<ClientUnderTest>>> = {
    'a pool of mysql2': mysql2Pool,
    'a connection of mysql2': mysql2Connection,
    'a pool of mariadb': mariaDbPool,
    'a connection of mariadb': mariaDbConnection,
    'Kysely over mysql2': kysely,
  }
  for (const [name, make] of Object.entries(suites)) {
    bridgeSuite(name, { family: 'mysql', make: () => make(url(), 4), hold: (table) => admin.hold(table) })
    outageSuite(name, {
      family: 'mysql',
      make: (to) => make(to, 1),
      url,
      admin: () => admin,
      bounds: make !== kysely,
      recovers: make !== mysql2Connection && make !== mariaDbConnection,
    })
  }

  it.each([
    { name: 'mysql2', make: mysql2Pool },
    { name: 'mariadb', make: mariaDbPool },
  ])('prepares a statement once, until it is told not to: $name', async ({ make }) => {
    const under = make(url(), 1)
    const bridge = bridgeTo(under.client, undefined, OPTIONS)
    const counter = statementFor('mysql', "SHOW SESSION STATUS LIKE 'Com_stmt_prepare'", true)
    const count = async (): Promise<number> => Number((await bridge.run(counter, [])).rows[0]?.['Value'])
    const before = await count()
    await bridge.run(statementFor('mysql', 'SELECT ? AS one', true), [1])
    await bridge.run(statementFor('mysql', 'SELECT ? AS one', true), [2])
    expect(await count()).toBe(before + 1)
    bridge.stopPreparing?.()
    await bridge.run(statementFor('mysql', 'SELECT ? AS other', true), [1])
    expect(await count()).toBe(before + 1)
    await under.end()
  })

  it.each([
    { name: 'mysql2', make: mysql2Pool },
    { name: 'mariadb', make: mariaDbPool },
  ])('keeps a text apart from the statement where a backslash is a letter, without preparing: $name', async ({ make }) => {
    const under = make(url(), 1)
    const bridge = bridgeTo(under.client, undefined, { ...OPTIONS, prepare: false })
    await bridge.run(statementFor('mysql', "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES'"), [])
    const text = String.raw`\' OR 1 = 1 -- \\' " \0`
    expect((await bridge.run(statementFor('mysql', 'SELECT ? AS one, ? AS other', true), [text, "'"])).rows).toEqual([
      { one: text, other: "'" },
    ])
    await under.end()
  })

  it('sends nothing through Kysely where a backslash is a letter', async () => {
    const under = createCallbackPool({ uri: url(), connectionLimit: 1 })
    const client = new Kysely<object>({ dialect: new MysqlDialect({ pool: under }) })
    const plain = bridgeTo(client, undefined, OPTIONS)
    await plain.run(statementFor('mysql', "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES'"), [])
    const bridge = bridgeTo(client, undefined, OPTIONS)
    const failure = await failureOf(bridge, bridge.run(statementFor('mysql', 'SELECT ? AS one', true), ['x']))
    expect(failure).toMatchObject({ kind: 'refused', reason: 'other' })
    expect(failure.message).toContain('NO_BACKSLASH_ESCAPES')
    under.end()
  })

  it('goes on where a single connection of mariadb is lost while nobody uses it', async () => {
    const connection = await mariadb.createConnection(mariaDbOptions(url()))
    const bridge = bridgeTo(connection, undefined, OPTIONS)
    await bridge.open?.()
    const others = await mysql.createConnection(url())
    await others.query(`KILL ${connection.threadId}`)
    await until('the connection to be lost', async () => !connection.isValid())
    expect(await failureOf(bridge, bridge.run(statementFor('mysql', 'SELECT ? AS one', true), [1]))).toMatchObject({ kind: 'refused' })
    await others.end()
  })

  it('says that the server takes no writes', async () => {
    const under = mysql2Pool(url(), 1)
    const bridge = bridgeTo(under.client, undefined, OPTIONS)
    await bridge.run(statementFor('mysql', 'SET SESSION TRANSACTION READ ONLY'), [])
    const failure = await failureOf(bridge, bridge.run(statementFor('mysql', 'CREATE TABLE bridge_read_only (k INT)'), []))
    expect(failure).toMatchObject({ kind: 'reply', reason: 'unready' })
    await under.end()
  })
})

describeNeeding('mariadb-server', 'a MariaDB that takes statements of up to a mebibyte', () => {
  let server: SqlServer
  beforeAll(async () => {
    server = await startMariaDb({ settings: { 'max-allowed-packet': MEBIBYTE } })
  })
  afterAll(() => server.stop())

  it.each([
    { name: 'mysql2', make: mysql2Pool },
    { name: 'mariadb', make: mariaDbPool },
  ])('carries out a longer one certainly not, and the next one on another connection: $name', async ({ make }) => {
    const under = make(server.url, 1)
    const bridge = bridgeTo(under.client, undefined, OPTIONS)
    const length = statementFor('mysql', 'SELECT LENGTH(?) AS length', true)
    const failures: SqlFailure[] = []
    do {
      failures.push(await failureOf(bridge, bridge.run(length, ['x'.repeat(MEBIBYTE)])))
      // The server says so and closes while the statement is still being sent: TCP may lose its word, and then nobody knows.
    } while (failures.at(-1)?.kind === 'unknown' && failures.length < 20)
    const refusal = { kind: 'refused', reason: 'other', message: expect.stringContaining('max_allowed_packet') }
    expect(failures.at(-1)).toMatchObject(refusal)
    expect((await bridge.run(length, ['next'])).rows.map((row) => Number(row['length']))).toEqual([4])
    await under.end()
  })
})

// What a pool may be set to, and would change what comes back.

function mysql2Pool(url: string, max: number): ClientUnderTest {
  const set = { rowsAsArray: true, namedPlaceholders: true, supportBigNumbers: true, typeCast: () => 'cast' }
  const made = mysql.createPool({ uri: url, connectionLimit: max, ...set })
  return { client: made, end: () => made.end() }
}

async function mysql2Connection(url: string): Promise<ClientUnderTest> {
  const made = await mysql.createConnection(url)
  made.on('error', () => undefined)
  return { client: made, end: () => made.end() }
}

function mariaDbPool(url: string, max: number): ClientUnderTest {
  const made = mariadb.createPool({
    ...mariaDbOptions(url),
    connectionLimit: max,
    rowsAsArray: true,
    metaAsArray: true,
    namedPlaceholders: true,
    typeCast: () => 'cast',
  })
  return { client: made, end: () => made.end() }
}

async function mariaDbConnection(url: string): Promise<ClientUnderTest> {
  const made = await mariadb.createConnection(mariaDbOptions(url))
  return { client: made, end: () => made.end() }
}

function kysely(url: string, max: number): ClientUnderTest {
  const made = new Kysely<object>({ dialect: new MysqlDialect({ pool: createCallbackPool({ uri: url, connectionLimit: max }) }) })
  return { client: made, end: () => made.destroy() }
}

function mariaDbOptions(url: string): { host: string; port: number; user: string; password: string; database: string } {
  const { hostname, port, username, password, pathname } = new URL(url)
  return { host: hostname, port: Number(port), user: username, password, database: pathname.slice(1) }
}

async function adminAt(url: string): Promise<Admin> {
  const connections = mysql.createPool(url)
  const waiting = async (table: string): Promise<number[]> => {
    const [rows] = await connections.query(
      "SELECT id FROM information_schema.processlist WHERE id <> CONNECTION_ID() AND command IN ('Query', 'Execute') AND info LIKE ?",
      [`UPDATE ${table} %`],
    )
    return Array.isArray(rows) ? rows.map((row) => Number(Reflect.get(row, 'id'))) : []
  }
  return {
    hold: async (table) => {
      const holder = await connections.getConnection()
      await holder.query('BEGIN')
      await holder.query(`SELECT k FROM ${table} WHERE k = 'held' FOR UPDATE`)
      return async () => {
        await holder.query('ROLLBACK')
        holder.release()
      }
    },
    waiting: async (table) => (await waiting(table)).length,
    killWaiting: async (table) => {
      for (const id of await waiting(table)) await connections.query(`KILL ${id}`)
    },
    end: () => connections.end(),
  }
}
