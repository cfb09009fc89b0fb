import { Kysely, MysqlDialect } from 'kysely'
import mariadb from 'mariadb'
import { createPool as createCallbackPool } from 'mysql2'
import mysql from 'mysql2/promise'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { DatabaseDriver, type DatabaseDriverOptions } from '../../../src/drivers/database/database-driver.ts'
import { aRecord, hold, livesFor, newKey, recordUnder, store } from '../../../src/testing/suite/records.ts'
import { mariaDbForTests } from '../../support/mariadb-server.ts'
import { describeNeeding } from '../../support/needs.ts'
import { postgresForTests } from '../../support/postgres-server.ts'
import type { ServerForTests } from '../../support/sql-server.ts'

interface Place {
  readonly client: DatabaseDriverOptions['client']
  /** Locks the row under a key from a transaction of its own; gives what lets it go. */
  readonly lock: (table: string, key: string) => Promise<() => Promise<void>>
  readonly end: () => Promise<void>
}

const places = {
  postgres: {
    start: postgresForTests,
    place: async (url: string): Promise<Place> => {
      const pool = new pg.Pool({ connectionString: url, max: 8 })
      const others = new pg.Pool({ connectionString: url, max: 2 })
      return {
        client: pool,
        async lock(table, key) {
          const connection = await others.connect()
          await connection.query('BEGIN')
          await connection.query(`SELECT 1 FROM ${table} WHERE session_id = $1 FOR UPDATE`, [key])
          return async () => {
            await connection.query('ROLLBACK')
            connection.release()
          }
        },
        end: async () => {
          await pool.query('DROP TABLE IF EXISTS row_locks')
          await Promise.all([pool.end(), others.end()])
        },
      }
    },
  },
  mariadb: {
    start: mariaDbForTests,
    place: async (url: string): Promise<Place> => {
      const pool = mysql.createPool({ uri: url, connectionLimit: 8 })
      const others = mysql.createPool({ uri: url, connectionLimit: 2 })
      return {
        client: pool,
        async lock(table, key) {
          const connection = await others.getConnection()
          await connection.query('START TRANSACTION')
          await connection.query(`SELECT 1 FROM ${table} WHERE session_id = ? FOR UPDATE`, [key])
          return async () => {
            await connection.query('ROLLBACK')
            connection.release()
          }
        },
        end: async () => {
          await pool.query('DROP TABLE IF EXISTS row_locks')
          await Promise.all([pool.end(), others.end()])
        },
      }
    },
  },
} as const

for (const [need, { start, place }] of [
  ['postgres', places.postgres],
  ['mariadb', places.mariadb],
] as const) {
  describeNeeding(need, `a row that another transaction has locked, on ${need}`, () => {
    let server: ServerForTests
    let at: Place
    let driver: DatabaseDriver
    let hasty: DatabaseDriver

    beforeAll(async () => {
      server = await start()
      at = await place(server.url)
      driver = new DatabaseDriver({ client: at.client, table: 'row_locks' })
      hasty = new DatabaseDriver({ client: at.client, table: 'row_locks', statementTimeoutSeconds: 0.5 })
      await driver.migrate()
      await driver.open()
      await hasty.open()
    })
    afterAll(async () => {
      await driver.close()
      await hasty.close()
      await at.end()
      await server.stop()
    })

    // Else it would wait on, and be carried out when nobody waits for it any more.
    it('lets a write that nobody waits for any more never be carried out', async () => {
      const { key } = await store(driver)
      const { lease } = await hold(hasty, key, 60_000)
      const unlock = await at.lock('row_locks', key)
      const login = aRecord({ userId: 'late', authenticatedAt: 'now' })
      await expect(hasty.commit(lease, login, { leaseMs: 1000 })).rejects.toMatchObject({
        code: 'ERR_SESSION_DRIVER_FAILED',
        cause: { kind: 'reply', reason: 'contention' },
      })
      await unlock()
      expect((await recordUnder(driver, key)).userId).toBeUndefined()
      expect((await driver.commit(lease, aRecord({ payload: 'mine' }), { leaseMs: 1000 })).kind).toBe('written')
      expect((await recordUnder(driver, key)).payload).toBe('mine')
    })

    it('revives no lease that has ended while it was waited for', async () => {
      const { key } = await store(driver, livesFor(600))
      const { lease } = await hold(driver, key, 700)
      const unlock = await at.lock('row_locks', key)
      const renewing = driver.renew(lease, 60_000)
      while ((await driver.read(key)) !== undefined) await new Promise((resolve) => setTimeout(resolve, 10))
      // Longer than any statement goes on with the time at which it began.
      await new Promise((resolve) => setTimeout(resolve, 1500))
      await unlock()
      expect(await renewing).toBe(false)
      expect(await driver.read(key)).toBeUndefined()
    })

    it('keeps the latest end of a session that many touch at once', async () => {
      for (let round = 0; round < 40; round++) {
        const { key } = await store(driver, livesFor(60_000))
        const durations = [3_600_000, 60_000, 60_000, 60_000, 60_000, 60_000].map((idleMs) => ({ idleMs, absoluteMs: undefined }))
        await Promise.all(durations.map((each) => driver.touch(key, each)))
        const { expiresAt, lastActivity } = await recordUnder(driver, key)
        expect(expiresAt - lastActivity).toBeGreaterThan(3_000_000)
      }
    })
  })
}

describeNeeding('mariadb', 'settings of clients and servers that would change an answer', () => {
  let server: ServerForTests
  beforeAll(async () => {
    server = await mariaDbForTests()
  })
  afterAll(() => server.stop())

  it('numbers may come as texts', async () => {
    const url = `${server.url.replace('mysql:', 'mariadb:')}?connectionLimit=2&supportBigNumbers=true&bigNumberStrings=true`
    const pool = mariadb.createPool(url)
    const driver = new DatabaseDriver({ client: pool, table: 'big_numbers' })
    await driver.migrate()
    await driver.open()
    const { key } = await store(driver)
    const { lease } = await hold(driver, key)
    expect((await driver.commit(lease, aRecord({ payload: 'new' }), { leaseMs: 1000 })).kind).toBe('written')
    await driver.close()
    await pool.query('DROP TABLE big_numbers')
    await pool.end()
  })

  it.each([
    { name: 'rows as lists', setting: { rowsAsArray: true } },
    { name: 'columns with the names of their tables', setting: { nestTables: '_' } },
    { name: 'texts as bytes', setting: { typeCast: false } },
  ])('Kysely over a pool that gives $name is refused for that, and not for the age of the server', async ({ setting }) => {
    const client = new Kysely({ dialect: new MysqlDialect({ pool: createCallbackPool({ uri: server.url, ...setting }) }) })
    const driver = new DatabaseDriver({ client, table: 'never_made' })
    await expect(driver.open()).rejects.toThrow('The client changes what it reads')
    await expect(driver.migrate()).rejects.toThrow('The client changes what it reads')
    await client.destroy()
  })

  it.each([
    { name: 'mysql2', make: mysql2Pool },
    { name: 'mariadb, which leaves connections as they are', make: mariaDbPool },
  ])('a transaction that was left open on a connection of the pool takes nothing along: $name', async ({ make }) => {
    const pool = make(server.url)
    const driver = new DatabaseDriver({ client: pool.client, table: 'left_open' })
    await driver.migrate()
    await driver.open()
    await pool.run('START TRANSACTION')
    const { key } = await store(driver)
    const other = await mysql.createConnection({ uri: server.url })
    const [rows] = await other.query('SELECT session_id FROM left_open')
    expect(rows).toEqual([{ session_id: key }])
    await driver.close()
    await other.query('DROP TABLE left_open')
    await Promise.all([other.end(), pool.end()])
  })

  it('that autocommit is off is said before anything is written', async () => {
    const pool = mariadb.createPool(`${server.url.replace('mysql:', 'mariadb:')}?connectionLimit=1&initSql=SET autocommit = 0`)
    await expect(new DatabaseDriver({ client: pool, table: 'not_kept' }).migrate()).rejects.toThrow('autocommit is off')
    await pool.end()
  })

  it.each([
    { name: 'mysql2', make: mysql2Connection },
    { name: 'mariadb', make: mariaDbConnection },
  ])('of what a single connection wrote inside a transaction of its owner nothing is claimed: $name', async ({ make }) => {
    const connection = await make(server.url)
    const driver = new DatabaseDriver({ client: connection.client, table: 'not_ours' })
    await driver.migrate()
    await driver.open()
    const { key, version } = await store(driver)
    await connection.run('START TRANSACTION')
    const unsure = { code: 'ERR_SESSION_DRIVER_FAILED', cause: { name: 'UnknownOutcome' } }
    await expect(driver.insert(newKey(), aRecord())).rejects.toMatchObject(unsure)
    await connection.run('ROLLBACK')
    expect((await recordUnder(driver, key)).version).toEqual(version)
    await driver.close()
    await connection.run('DROP TABLE not_ours')
    await connection.end()
  })
})

/** A client with one connection, which its owner uses too. */
interface Shared {
  readonly client: DatabaseDriverOptions['client']
  readonly run: (text: string) => Promise<unknown>
  readonly end: () => Promise<void>
}

function mysql2Pool(url: string): Shared {
  const client = mysql.createPool({ uri: url, connectionLimit: 1 })
  return { client, run: (text) => client.query(text), end: () => client.end() }
}

function mariaDbPool(url: string): Shared {
  const client = mariadb.createPool(`${url.replace('mysql:', 'mariadb:')}?connectionLimit=1&noControlAfterUse=true`)
  return { client, run: (text) => client.query(text), end: () => client.end() }
}

async function mysql2Connection(url: string): Promise<Shared> {
  const client = await mysql.createConnection({ uri: url })
  return { client, run: (text) => client.query(text), end: () => client.end() }
}

async function mariaDbConnection(url: string): Promise<Shared> {
  const client = await mariadb.createConnection(url.replace('mysql:', 'mariadb:'))
  return { client, run: (text) => client.query(text), end: () => client.end() }
}

describeNeeding('postgres', 'a single connection of pg', () => {
  let server: ServerForTests
  beforeAll(async () => {
    server = await postgresForTests()
  })
  afterAll(() => server.stop())

  it('claims nothing of what was written inside a transaction that its owner was just beginning', async () => {
    const client = new pg.Client(server.url)
    await client.connect()
    const driver = new DatabaseDriver({ client, table: 'just_begun' })
    await driver.migrate()
    await driver.open()
    const key = newKey()
    const begun = client.query('BEGIN')
    await expect(driver.insert(key, aRecord())).rejects.toMatchObject({
      code: 'ERR_SESSION_DRIVER_FAILED',
      cause: { name: 'UnknownOutcome' },
    })
    await begun
    await client.query('ROLLBACK')
    expect(await driver.read(key)).toBeUndefined()
    await driver.close()
    await client.query('DROP TABLE just_begun')
    await client.end()
  })
})
