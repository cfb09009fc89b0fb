import mysql from 'mysql2/promise'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Dialect } from '../../../src/drivers/database/bridges/bridge.ts'
import { DatabaseDriver } from '../../../src/drivers/database/database-driver.ts'
import { GIVE_BACK, aRecord, hold, newKey, recordUnder, store } from '../../../src/testing/suite/records.ts'
import { startMariaDb } from '../../support/mariadb-server.ts'
import { describeNeeding } from '../../support/needs.ts'
import type { SqlServer } from '../../support/sql-server.ts'

const DIALECTS: readonly { readonly dialect: Dialect }[] = [{ dialect: 'mariadb' }, { dialect: 'mysql' }]

// Any statement in a trigger takes the place of what `LAST_INSERT_ID(n)` has put into the answer.
describeNeeding('mariadb-server', 'a table on MariaDB with triggers', () => {
  let server: SqlServer
  let admin: mysql.Pool
  beforeAll(async () => {
    server = await startMariaDb()
    admin = mysql.createPool(server.url)
  })
  afterAll(async () => {
    await admin.end()
    await server.stop()
  })

  /** A driver that was never opened, with its table. */
  async function migrated(table: string, dialect: Dialect = 'mariadb'): Promise<DatabaseDriver> {
    const driver = new DatabaseDriver({ client: admin, table, dialect })
    await driver.migrate()
    return driver
  }

  async function addTrigger(table: string, when: string): Promise<void> {
    await admin.query(`CREATE TRIGGER ${table}_audit ${when} ON ${table} FOR EACH ROW SET @audited = 1`)
  }

  it.each(DIALECTS)('is refused by open and migrate: $dialect', async ({ dialect }) => {
    const table = `seen_${dialect}`
    const driver = await migrated(table, dialect)
    await addTrigger(table, 'BEFORE UPDATE')
    const why = `the trigger '${table}_audit' takes away what the server answers to a write`
    await expect(driver.open()).rejects.toThrow(why)
    await expect(driver.migrate()).rejects.toThrow(why)
  })

  it('is refused for a user who has the rights that the docs name', async () => {
    await migrated('granted')
    await addTrigger('granted', 'AFTER INSERT')
    await admin.query("CREATE USER web@'%' IDENTIFIED BY 'web'")
    await admin.query("GRANT SELECT, INSERT, UPDATE, DELETE ON holdfast.granted TO web@'%'")
    const client = mysql.createPool(server.url.replace('holdfast:holdfast', 'web:web'))
    await expect(new DatabaseDriver({ client, table: 'granted' }).open()).rejects.toThrow("the trigger 'granted_audit'")
    await client.end()
  })

  it('may have one for what is deleted', async () => {
    const driver = await migrated('deleted')
    await addTrigger('deleted', 'AFTER DELETE')
    await driver.open()
    const { key } = await store(driver)
    expect(await driver.destroy(key)).toEqual({ kind: 'record' })
    await driver.close()
  })

  // MySQL shows triggers only to those who may make them, and one may be made at any time.
  it.each(DIALECTS)('that open did not see lets nobody believe that a session was not stored: $dialect', async ({ dialect }) => {
    const table = `unseen_${dialect}`
    const driver = await migrated(table, dialect)
    await driver.open()
    const { key } = await store(driver)
    const { lease } = await hold(driver, key)
    await addTrigger(table, 'AFTER UPDATE')
    await admin.query(`CREATE TRIGGER ${table}_new BEFORE INSERT ON ${table} FOR EACH ROW SET @audited = 1`)
    const why = 'It was carried out, but a trigger on the table takes the answer away'
    await expect(driver.commit(lease, aRecord({ payload: 'stored' }), GIVE_BACK)).rejects.toThrow(why)
    expect((await recordUnder(driver, key)).payload).toBe('stored')
    await expect(driver.insert(newKey(), aRecord())).rejects.toThrow(why)
    await driver.close()
  })
})
