import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { DatabaseDriver, tableDefinition } from '../../src/drivers/database/database-driver.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import { aRecord, livesFor, LONG, newKey, newToken, recordUnder, store } from '../../src/testing/suite/records.ts'
import { failureOf } from '../manager/support/shop.ts'
import { describeNeeding } from '../support/needs.ts'
import { openWorld } from '../support/sealed-world.ts'
import type { Store, World } from '../support/sealed-world.ts'
import { mariaDbStores } from '../support/stores/mariadb.ts'
import { postgresStores } from '../support/stores/postgres.ts'
import { sqliteStore } from '../support/stores/sqlite.ts'

const DIALECTS = ['postgres', 'mysql', 'mariadb', 'sqlite'] as const

/** The row under a key, as the database has it. */
async function rowOf({ store: { raw } }: World, key: Parameters<Store['raw']>[0]): Promise<Record<string, unknown>> {
  const [row]: Record<string, unknown>[] = JSON.parse(Buffer.from(await raw(key)).toString('utf8'))
  return row ?? {}
}

/** What the items say of every database. */
function items(open: () => Store | Promise<Store>): void {
  it('S-211 S-213 S-214 S-215 S-216 S-218 S-219 S-223: a row has the columns of the seed, with the hash for the id and seconds for instants', async () => {
    const world = await openWorld(open)
    const { key, write } = await store(world.driver, { ...livesFor(600_000), flash: '{"status":"hello"}', userId: '42' })
    const row = await rowOf(world, key)
    const now = Date.now() / 1000
    expect(row).toMatchObject({ session_id: key, payload: write.payload, flash_data: '{"status":"hello"}', user_id: '42' })
    expect(row).toMatchObject({ ip_address: write.ipAddress, user_agent: write.userAgent })
    const [created = 0, used = 0, ends = 0] = [row['created_at'], row['last_activity'], row['expiration']].map(Number)
    expect(Math.abs(created - now)).toBeLessThan(60)
    expect(used).toBe(created)
    // What is collected by: it may stand somewhat later, so that a mere use need not move it. Whether a record lives is told in milliseconds beside it.
    expect(ends - used).toBeGreaterThanOrEqual(600)
    expect(ends - used).toBeLessThan(700)
  })

  it('S-212: a payload of more than 64 KiB is kept whole', async () => {
    const { driver } = await openWorld(open)
    const payload = JSON.stringify('é'.repeat(100_000))
    const { key } = await store(driver, { payload })
    expect((await recordUnder(driver, key)).payload).toBe(payload)
  })

  it('S-217: the id of a user may be any text', async () => {
    const { driver } = await openWorld(open)
    const userId = 'auth0|5f7c Ünïcode'
    const { key } = await store(driver, { userId })
    expect((await recordUnder(driver, key)).userId).toBe(userId)
  })

  it('S-221 S-226: a row past its expiration is no session, is not removed by who reads it, and is collected', async () => {
    const world = await openWorld(open)
    const { driver } = world
    const { key } = await store(driver, livesFor(1))
    const { key: stays } = await store(driver)
    await expect.poll(() => driver.read(key)).toBeUndefined()
    expect(await rowOf(world, key)).toMatchObject({ session_id: key })
    expect(await driver.gc()).toBe(1)
    expect(await rowOf(world, key)).toEqual({})
    expect(await driver.gc()).toBe(0)
    expect(await driver.read(stays)).toMatchObject({ kind: 'record' })
  })

  it('S-222: of two that insert under one key at the same time one does, and the other is told so', async () => {
    const { driver } = await openWorld(open)
    const key = newKey()
    const answers = await Promise.all([driver.insert(key, aRecord()), driver.insert(key, aRecord())])
    expect(answers.filter((answer) => answer !== undefined)).toHaveLength(1)
  })

  it('S-224: a write says what came of it, also one that changes nothing', async () => {
    const { driver } = await openWorld(open)
    const { key, version, write } = await store(driver)
    const again = await driver.update(key, { ...write, writeToken: newToken() }, version)
    expect(again).toMatchObject({ kind: 'written', version: { counter: 2 } })
    expect(await driver.update(key, write, version)).toEqual({ kind: 'conflict' })
    expect(await driver.update(newKey(), write, version)).toEqual({ kind: 'gone' })
  })

  it('S-225 S-232: what one call writes the next one reads, over whichever connection', async () => {
    const { driver, store: place } = await openWorld(open)
    const other = await place.connect()
    await other.open()
    for (let round = 0; round < 20; round++) {
      const { key } = await store(driver, { payload: `"${round}"` })
      expect((await recordUnder(other, key)).payload).toBe(`"${round}"`)
    }
    await other.close()
  })

  it('S-229: the lease is in the row: another process finds it taken, and free when it is given back', async () => {
    const world = await openWorld(open)
    const { driver } = world
    const other = await world.store.connect()
    await other.open()
    const { key } = await store(driver)
    const [mine, theirs] = [newToken(), newToken()]
    expect((await driver.acquire(key, { token: mine, leaseMs: LONG })).kind).toBe('held')
    expect(await rowOf(world, key)).toMatchObject({ lease_token: mine })
    expect((await other.acquire(key, { token: theirs, leaseMs: LONG })).kind).toBe('busy')
    await driver.unlock({ key, token: mine })
    const held = await other.acquire(key, { token: theirs, leaseMs: LONG })
    expect(held.kind).toBe('held')
    await other.close()
  })
}

describe('the database driver', () => {
  describe('on SQLite', () => {
    items(sqliteStore)
  })
  describeNeeding('postgres', 'on PostgreSQL', () => items(postgresStores()))
  describeNeeding('mariadb', 'on MariaDB', () => items(mariaDbStores()))

  it('S-210: takes its options by name, and refuses what it does not know or cannot use', () => {
    const client = new DatabaseSync(':memory:')
    const wrong: [object, string][] = [
      [{}, "Option 'client'"],
      [{ client: {} }, "Option 'client'"],
      [{ client, table: 'sessions; DROP TABLE users' }, "Option 'table'"],
      [{ client, table: 5 }, "Option 'table'"],
      [{ client, lifetime: 7200 }, "Option 'lifetime': is not known."],
      [{ client, dialect: 'oracle' }, "Option 'dialect'"],
    ]
    for (const [options, message] of wrong) expect(() => Reflect.construct(DatabaseDriver, [options]), message).toThrow(message)
    client.close()
  })

  it('S-212: the payload’s column holds more than 64 KiB on every database', () => {
    expect(DIALECTS.map((dialect) => /^\s*payload (\w+)/m.exec(tableDefinition(dialect))?.[1]?.toUpperCase())).toEqual([
      'TEXT',
      'LONGTEXT',
      'LONGTEXT',
      'TEXT',
    ])
  })

  it('S-220: the table is made for each database, with an id that is compared byte by byte and an index on expiry and user', async () => {
    for (const dialect of DIALECTS) {
      const text = tableDefinition(dialect, { table: 'web_sessions' })
      expect(text).toContain('CREATE TABLE IF NOT EXISTS')
      expect(text).toMatch(/idx_web_sessions_expiration\W[^;]*\(expiration\)/)
      expect(text).toMatch(/idx_web_sessions_user_id\W[^;]*\(user_id/)
      if (dialect === 'postgres') expect(text).toContain('session_id varchar(255) COLLATE "C"')
      if (dialect === 'mysql' || dialect === 'mariadb') expect(text).toMatch(/session_id VARCHAR\(255\)[^\n]*_bin/)
    }
    const client = new DatabaseSync(':memory:')
    const driver = new DatabaseDriver({ client })
    await driver.migrate()
    await driver.open()
    const { key } = await store(driver)
    await driver.migrate()
    expect(await driver.read(key)).toMatchObject({ kind: 'record' })
    client.close()
  })

  it('S-233: a client is handed in, and stays open when the driver is closed', async () => {
    const client = new DatabaseSync(':memory:')
    const driver = new DatabaseDriver({ client })
    await driver.migrate()
    const sessions = new SessionManager({ driver })
    await sessions.run(undefined, (session) => session.set('a', 1))
    await sessions.close()
    expect(client.prepare('SELECT count(*) AS rows FROM sessions').get()).toEqual({ rows: 1 })
    client.close()
    expect(await failureOf(new SessionManager({ driver: new DatabaseDriver({ client }) }).ready())).toMatchObject({
      code: 'ERR_SESSION_DRIVER_FAILED',
    })
  })
})
