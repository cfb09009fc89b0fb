import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { makeGuardedFolder, removeGuardedFolder } from '../../../proof/faults/guard.ts'
import { DatabaseDriver } from '../../../src/drivers/database/database-driver.ts'
import { SessionManager } from '../../../src/index.ts'
import { aRecord, hold, newKey, recordUnder, store } from '../../../src/testing/suite/records.ts'
import { describeNeeding } from '../../support/needs.ts'
import { startPgBouncer } from '../../support/pgbouncer.ts'
import { postgresForTests, startPostgres } from '../../support/postgres-server.ts'
import type { ServerForTests, SqlServer } from '../../support/sql-server.ts'

describeNeeding('postgres-server', 'the connections of a pool', () => {
  let server: SqlServer
  let admin: pg.Pool

  beforeAll(async () => {
    server = await startPostgres()
    admin = new pg.Pool({ connectionString: server.url, max: 1 })
  })
  afterAll(async () => {
    await admin.end()
    await server.stop()
  })

  it('one is enough for 30 requests that hold their sessions at the same time, log in and move', async () => {
    const pool = new pg.Pool({ connectionString: server.url, max: 1, application_name: 'one' })
    const driver = new DatabaseDriver({ client: pool, table: 'one_connection' })
    await driver.migrate()
    const sessions = new SessionManager({ driver })
    await sessions.ready()
    const ids = await Promise.all(
      Array.from({ length: 30 }, () =>
        sessions.run(undefined, (session) => {
          session.set('visits', 1)
          return session.id
        }),
      ),
    )
    let inside = 0
    let release = (): void => {}
    const allInside = new Promise<void>((resolve) => (release = resolve))
    const visits = ids.map((id) =>
      sessions.run(id, async (session) => {
        inside += 1
        if (inside === ids.length) release()
        await allInside // all of them are held now
        const { rows } = await admin.query(
          "SELECT count(*)::int AS pinned FROM pg_stat_activity WHERE application_name = 'one' AND state LIKE 'idle in transaction%'",
        )
        await session.regenerate({ destroy: true })
        session.setUserId('7')
        session.increment('visits')
        return { id: session.id, pinned: Number(rows[0]?.pinned) }
      }),
    )
    const ended = await Promise.all(visits)
    expect(ended.map(({ pinned }) => pinned)).toEqual(ids.map(() => 0))
    expect((await driver.list({ userId: '7' })).sessions).toHaveLength(30)
    const counted = await Promise.all(ended.map(({ id }) => sessions.run(id, (session) => session.get('visits'))))
    expect(counted).toEqual(ids.map(() => 2))
    await sessions.close()
    expect([pool.totalCount, pool.idleCount]).toEqual([1, 1])
    await pool.end()
  })

  it('what makes a lease cheap does not last: the next statement of the connection is synced again', async () => {
    const pool = new pg.Pool({ connectionString: server.url, max: 1 })
    await pool.query("SET synchronous_commit = 'on'")
    const driver = new DatabaseDriver({ client: pool, table: 'synced' })
    await driver.migrate()
    await driver.open()
    const { key } = await store(driver)
    const { lease } = await hold(driver, key)
    expect((await pool.query('SHOW synchronous_commit')).rows).toEqual([{ synchronous_commit: 'on' }])
    await driver.commit(lease, aRecord(), { leaseMs: 1000 })
    expect((await pool.query('SHOW synchronous_commit')).rows).toEqual([{ synchronous_commit: 'on' }])
    await driver.close()
    await pool.end()
  })

  it('a statement that finds every connection taken fails in time, was not carried out, and gives none away', async () => {
    const pool = new pg.Pool({ connectionString: server.url, max: 1 })
    const driver = new DatabaseDriver({ client: pool, table: 'taken', statementTimeoutSeconds: 0.4 })
    await driver.migrate()
    await driver.open()
    const { key, version } = await store(driver)
    const taken = await pool.connect()
    await expect(driver.update(key, aRecord({ payload: 'late' }), version)).rejects.toMatchObject({
      code: 'ERR_SESSION_DRIVER_FAILED',
      cause: { kind: 'refused' },
    })
    taken.release()
    expect((await recordUnder(driver, key)).version).toEqual(version)
    expect([pool.totalCount, pool.idleCount]).toEqual([1, 1])
    await driver.close()
    await pool.end()
  })
})

const INT8 = 20

describeNeeding('postgres', 'a client of PostgreSQL that changes what it reads', () => {
  let server: ServerForTests
  beforeAll(async () => {
    server = await postgresForTests()
  })
  afterAll(() => server.stop())

  const binary = (url: string): pg.Pool => {
    const options = { connectionString: url, binary: true }
    return new pg.Pool(options)
  }
  const dates = (url: string): pg.Pool => {
    const parserOf = (oid: number): ((value: string) => unknown) => (oid === INT8 ? (value) => new Date(Number(value)) : (value) => value)
    return new pg.Pool({ connectionString: url, types: { getTypeParser: parserOf } })
  }
  it.each([
    { name: 'pg, binary', make: binary, options: {} },
    { name: 'pg, binary, not prepared', make: binary, options: { prepare: false } },
    { name: 'pg, with a parser of its own', make: dates, options: {} },
    {
      name: 'Kysely over pg, binary',
      make: (url: string) => new Kysely({ dialect: new PostgresDialect({ pool: binary(url) }) }),
      options: {},
    },
  ])('is refused: $name', async ({ make, options }) => {
    const client = make(server.url)
    const driver = new DatabaseDriver({ client, ...options })
    await expect(driver.open()).rejects.toThrow('The client changes what it reads')
    await (client instanceof Kysely ? client.destroy() : client.end())
  })
})

describeNeeding('pgbouncer', 'a pooler that forgets prepared statements', () => {
  it('is found out by the driver, which says so once, and nothing is lost', async () => {
    await using server = await startPostgres()
    await using bouncer = await startPgBouncer(server, { poolSize: 2 })
    const pool = new pg.Pool({ connectionString: bouncer.url, max: 6 })
    const driver = new DatabaseDriver({ client: pool })
    await driver.migrate()
    await driver.open()
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const stored = await Promise.all(Array.from({ length: 20 }, () => store(driver, { payload: '0' })))
    for (let round = 1; round <= 5; round++) {
      await Promise.all(
        stored.map(async ({ key }) => {
          const { lease, record } = await hold(driver, key)
          const result = await driver.commit(lease, aRecord({ payload: String(Number(record.payload) + 1) }), { leaseMs: 1000 })
          expect(result.kind).toBe('written')
        }),
      )
    }
    for (const { key } of stored) expect((await recordUnder(driver, key)).payload).toBe('5')
    expect(warn.mock.calls.map(([message]) => String(message))).toEqual([expect.stringContaining('prepare: false')])
    await driver.close()
    await pool.end()
  })
})

describe('a SQLite file that another process has locked', () => {
  let folder: string
  beforeAll(() => {
    folder = makeGuardedFolder('sqlite-busy')
  })
  afterAll(() => removeGuardedFolder(folder))

  it('is waited for without stopping the event loop, and an error that says so when the wait has its end', async () => {
    const path = join(folder, 'busy.db')
    const database = new DatabaseSync(path, { timeout: 5000 })
    const driver = new DatabaseDriver({ client: database, statementTimeoutSeconds: 0.5 })
    await driver.migrate()
    await driver.open()
    const { key } = await store(driver)
    expect(Object(database.prepare('PRAGMA busy_timeout').get()).timeout).toBe(5)

    const other = new DatabaseSync(path)
    other.exec('BEGIN IMMEDIATE')
    const waiting = driver.acquire(key, { token: 'a'.repeat(32), leaseMs: 1000 })
    let ended = false
    void waiting.then(() => (ended = true))
    for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => setTimeout(resolve, 1))
    expect(ended).toBe(false)
    other.exec('COMMIT')
    expect((await waiting).kind).toBe('held')

    other.exec('BEGIN IMMEDIATE')
    await expect(driver.insert(newKey(), aRecord())).rejects.toMatchObject({
      code: 'ERR_SESSION_DRIVER_FAILED',
      message: expect.stringContaining('Others held the row, or the file'),
    })
    other.close()
    await driver.close()
    database.close()
  })
})
