import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkTable } from '../../../src/drivers/database/schema/check.ts'
import { tableDefinition } from '../../../src/drivers/database/schema/definition.ts'
import { migrate } from '../../../src/drivers/database/schema/migrate.ts'
import { tableName } from '../../../src/drivers/database/schema/table-name.ts'
import { mariaDbForTests } from '../../support/mariadb-server.ts'
import { describeNeeding } from '../../support/needs.ts'
import { mariaDbAt, newTable, stepsFor, type TestDatabase } from './schema-databases.ts'
import { completesAnyTable } from './schema-property.ts'
import { migrationTable, readmeTable, schemaSuite } from './schema-suite.ts'

describeNeeding('mariadb', 'the table on MariaDB', () => {
  let server: Awaited<ReturnType<typeof mariaDbForTests>>
  let database: TestDatabase
  beforeAll(async () => {
    server = await mariaDbForTests()
    database = await mariaDbAt(server.url)
  })
  afterAll(async () => {
    await database.end()
    await server.stop()
  })
  schemaSuite(() => mariaDbAt(server.url), { readme: readmeTable, migration: migrationTable })

  describe('spoken to as MySQL', () => {
    schemaSuite(() => mariaDbAt(server.url, 'mysql'), { readme: readmeTable, migration: migrationTable })
  })

  it('completes any part of a table, and keeps its values', () => completesAnyTable(database, 15), 120_000)

  it('is found in a database by its name', async () => {
    const { run, script } = database
    const [here] = await run('SELECT DATABASE() AS name')
    const table = newTable()
    const full = tableName(`${String(here?.['name'])}.${table.text}`)
    await script(tableDefinition('mariadb', { table: full.text }))
    expect(await stepsFor(database, full)).toEqual([])
    await checkTable(run, 'mariadb', table)
    await expect(checkTable(run, 'mariadb', tableName(`mysql.${table.text}`))).rejects.toThrow('There is no table')
  })

  it('says that a column which counts by itself is in the way, and changes nothing', async () => {
    const { run } = database
    const table = newTable()
    await run(readmeTable(table).replace('PRIMARY KEY', 'UNIQUE').replace('session_id', 'id INT AUTO_INCREMENT PRIMARY KEY, session_id'))
    const why = "its column 'id' counts by itself (AUTO_INCREMENT)"
    await expect(checkTable(run, 'mariadb', table)).rejects.toThrow(why)
    await expect(migrate(run, 'mariadb', table)).rejects.toThrow(`left as it is: ${why}`)
    await expect(run(`SELECT handle FROM ${table.text}`)).rejects.toThrow(/handle/)
  })

  it('makes InnoDB of a table that locks as a whole, and adds no index again and again', async () => {
    const { run } = database
    const table = newTable()
    await run(`${readmeTable(table)} ENGINE=MyISAM DEFAULT CHARSET=latin1`)
    await run(
      `INSERT INTO ${table.text} (session_id, payload, flash_data, created_at, last_activity, expiration) VALUES ('kept', '', '', 1, 1, 1)`,
    )
    await migrate(run, 'mariadb', table)
    expect(await stepsFor(database, table)).toEqual([])
    const [found] = await run(`SELECT engine AS engine FROM information_schema.tables WHERE table_name = '${table.text}'`)
    expect(found).toEqual({ engine: 'InnoDB' })
    expect(await run(`SELECT session_id FROM ${table.text}`)).toEqual([{ session_id: 'kept' }])
    await run(`ALTER TABLE ${table.text} ENGINE=MyISAM`)
    expect((await stepsFor(database, table)).map(({ why, isNeeded }) => ({ why, isNeeded }))).toContainEqual({
      why: 'its engine is MyISAM, in which each write waits for all others',
      isNeeded: false,
    })
  })

  it('says that the payload of the PHP library is too short', async () => {
    const table = newTable()
    await database.run(migrationTable(table))
    await expect(checkTable(database.run, 'mariadb', table)).rejects.toThrow(
      "its column 'payload' is text, which is too short; its column 'flash_data'",
    )
  })

  it('says that a collation takes different user ids for the same, and leaves those that are longer than its own type holds', async () => {
    const { run } = database
    const table = newTable()
    await migrate(run, 'mariadb', table)
    await run(`ALTER TABLE ${table.text} MODIFY user_id VARCHAR(300) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`)
    await run(
      `INSERT INTO ${table.text} (session_id, created_at, last_activity, expiration, user_id) VALUES ('a', 0, 0, 0, REPEAT('x', 300))`,
    )
    await expect(checkTable(run, 'mariadb', table)).rejects.toThrow(
      "its column 'user_id' is compared by a collation that takes different texts",
    )
    await migrate(run, 'mariadb', table)
    await checkTable(run, 'mariadb', table)
    expect(Number((await run(`SELECT CHAR_LENGTH(user_id) AS length FROM ${table.text}`))[0]?.['length'])).toBe(300)
  })

  it('keeps default values and comments of the columns that it changes', async () => {
    const { run } = database
    const table = newTable()
    const columns = ["created_at INTEGER NOT NULL DEFAULT 7 COMMENT 'it''s'", "payload TEXT NOT NULL DEFAULT 'a''b'"]
    await run(
      readmeTable(table)
        .replace('created_at INTEGER NOT NULL', columns[0] ?? '')
        .replace('payload TEXT', columns[1] ?? ''),
    )
    await migrate(run, 'mariadb', table)
    await run(`INSERT INTO ${table.text} (session_id, last_activity, expiration) VALUES ('a', 0, 0)`)
    expect(await run(`SELECT created_at, payload FROM ${table.text}`)).toEqual([{ created_at: 7, payload: "a'b" }])
    const [shown] = await run(`SHOW CREATE TABLE ${table.text}`)
    expect(shown?.['Create Table']).toContain("`created_at` bigint(20) NOT NULL DEFAULT 7 COMMENT 'it''s'")
  })

  it('brings texts of another character set along, and keeps that of the keys', async () => {
    const { run } = database
    const table = newTable()
    await run(`${readmeTable(table)} DEFAULT CHARSET latin1`)
    await run(`INSERT INTO ${table.text} (session_id, payload, created_at, last_activity, expiration) VALUES ('é', 'Zoë', 0, 0, 0)`)
    await migrate(run, 'mariadb', table)
    await run(`UPDATE ${table.text} SET payload = CONCAT(payload, ' 🐵')`)
    expect(await run(`SELECT session_id, payload FROM ${table.text}`)).toEqual([{ session_id: 'é', payload: 'Zoë 🐵' }])
    const [shown] = await run(`SHOW CREATE TABLE ${table.text}`)
    expect(shown?.['Create Table']).toContain('`session_id` varchar(255) CHARACTER SET latin1 COLLATE latin1_bin NOT NULL')
  })
})
