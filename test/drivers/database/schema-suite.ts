import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { checkTable } from '../../../src/drivers/database/schema/check.ts'
import { familyOf, tableDefinition } from '../../../src/drivers/database/schema/definition.ts'
import type { Run } from '../../../src/drivers/database/schema/inspect.ts'
import { migrate } from '../../../src/drivers/database/schema/migrate.ts'
import type { TableName } from '../../../src/drivers/database/schema/table-name.ts'
import { newTable, stepsFor, type TestDatabase } from './schema-databases.ts'

/** The table of the seed's README. */
export const readmeTable = (
  table: TableName,
): string => `CREATE TABLE ${table.text} (session_id VARCHAR(255) PRIMARY KEY NOT NULL, payload TEXT,
  flash_data TEXT, created_at INTEGER NOT NULL, last_activity INTEGER NOT NULL, expiration INTEGER NOT NULL, user_id INTEGER NULL,
  ip_address VARCHAR(45) NULL, user_agent TEXT NULL)`

/** The table of the seed's migrations/sessions.sql: for MySQL and MariaDB only. */
export const migrationTable = (
  table: TableName,
): string => `CREATE TABLE IF NOT EXISTS ${table.text} (session_id VARCHAR(255) NOT NULL, payload TEXT,
  flash_data TEXT, created_at BIGINT UNSIGNED NOT NULL, last_activity BIGINT UNSIGNED NOT NULL, expiration BIGINT UNSIGNED NOT NULL,
  user_id BIGINT UNSIGNED NULL, ip_address VARCHAR(45) NULL, user_agent TEXT NULL, PRIMARY KEY (session_id),
  INDEX idx_${table.table}_last_activity (last_activity), INDEX idx_${table.table}_expiration (expiration), INDEX idx_${table.table}_user_id (user_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci`

const SEED_COLUMNS = 'session_id, payload, flash_data, created_at, last_activity, expiration, user_id, ip_address, user_agent'

/** Rows as the PHP library writes them, and one whose key is not of its own making. */
const SEED_ROWS = `('667d363912e062df196fef67a75590f26615fb19', 'a:1:{s:4:"name";s:9:"Zoë 🐵";}', '{"status":"ok"}', 1750000000, 1750000060, 1750007260, 42,
    '203.0.113.9', 'TestAgent/1.0 é'),
  ('57112d01fc8cc22665e5d9261bd0c7b9b4994d30', 'a:0:{}', '[]', 1750000000, 1750000000, 1750007200, NULL, NULL, NULL),
  ('Tràil-Ü', NULL, NULL, 0, 0, 2147483647, 2147483647, NULL, NULL)`

/** Rows of a table with the whole numbers as texts: clients give them as either. */
export async function rowsOf(run: Run, table: TableName, columns = '*'): Promise<string[]> {
  const rows = await run(`SELECT ${columns} FROM ${table.text} ORDER BY session_id`)
  return rows.map((row) => JSON.stringify(row, (_, value: unknown) => (typeof value === 'number' ? String(value) : value)))
}

/** What has to hold on every database, for the two forms that a table of the PHP library has where there are two. */
export function schemaSuite(
  open: () => Promise<TestDatabase>,
  seedTables: { readonly [form in 'readme' | 'migration']?: (table: TableName) => string },
): void {
  const databases: TestDatabase[] = []
  const another = async (): Promise<TestDatabase> => {
    const database = await open()
    databases.push(database)
    return database
  }
  let database: TestDatabase

  beforeAll(async () => {
    database = await another()
  })
  afterAll(async () => {
    for (const one of databases) await one.end()
  })

  async function seedTable(form: 'readme' | 'migration'): Promise<TableName> {
    const table = newTable()
    await database.run(seedTables[form]?.(table) ?? '')
    await database.run(`INSERT INTO ${table.text} (${SEED_COLUMNS}) VALUES ${SEED_ROWS}`)
    return table
  }

  /** A row of ours, with what the seed's columns had no room for. */
  async function insertOwn(table: TableName): Promise<void> {
    const payload = 'é'.repeat(70_000)
    await database.run(`INSERT INTO ${table.text} (session_id, payload, flash_data, created_at, last_activity, expiration, user_id, version, expires_ms)
      VALUES ('user:${'f'.repeat(64)}', '${payload}', '', 4503599627370, 4503599627370, 4503599627370, '${'ü'.repeat(255)}', 1, 4503599627370496)`)
    const [row] = await database.run(`SELECT payload, user_id FROM ${table.text} WHERE version = 1`)
    expect(row).toMatchObject({ payload, user_id: 'ü'.repeat(255) })
  }

  async function keepsRows(form: 'readme' | 'migration'): Promise<void> {
    const table = await seedTable(form)
    const before = await rowsOf(database.run, table)
    await migrate(database.run, database.dialect, table)
    expect(await rowsOf(database.run, table, SEED_COLUMNS)).toEqual(before)
    expect(await migrate(database.run, database.dialect, table)).toEqual([])
    await checkTable(database.run, database.dialect, table)
    const [guest] = await database.run(`SELECT * FROM ${table.text} WHERE session_id = '57112d01fc8cc22665e5d9261bd0c7b9b4994d30'`)
    expect(guest).toMatchObject({ expires_ms: null, version: null, lease_until_ms: null, marker: null, user_id: null })
    await insertOwn(table)
  }

  async function fourAtOnce(table: TableName): Promise<void> {
    const four = await Promise.all([another(), another(), another(), another()])
    await Promise.all(four.map(({ run, dialect }) => migrate(run, dialect, table)))
    expect(await stepsFor(database, table)).toEqual([])
    await checkTable(database.run, database.dialect, table)
  }

  it('makes a table that passes the check, and finds nothing to do the second time', async () => {
    const table = newTable()
    expect(await migrate(database.run, database.dialect, table)).not.toEqual([])
    expect(await migrate(database.run, database.dialect, table)).toEqual([])
    await checkTable(database.run, database.dialect, table)
    await insertOwn(table)
  })

  it('gives a definition that can be run twice, and leaves nothing to do', async () => {
    const table = newTable()
    const definition = tableDefinition(database.dialect, { table: table.text })
    await database.script(definition)
    await database.script(definition)
    expect(await stepsFor(database, table)).toEqual([])
  })

  it("brings the table of the PHP library's README up to date, and keeps its rows", () => keepsRows('readme'))

  if (seedTables.migration !== undefined)
    it("brings the table of the PHP library's migration up to date, and keeps its rows", () => keepsRows('migration'))

  it('lets the PHP library write on in a table that was brought up to date', async () => {
    const table = await seedTable('readme')
    await migrate(database.run, database.dialect, table)
    await database.run(`INSERT INTO ${table.text} (session_id, payload, flash_data, created_at, last_activity, expiration, user_id)
      VALUES ('new', 'a:0:{}', '[]', 1750000000, 1750000000, 1750007200, 7)`)
    expect(await database.run(`SELECT user_id FROM ${table.text} WHERE user_id = '7'`)).toHaveLength(1)
  })

  it('tells keys apart that differ in case or accents only', async () => {
    const table = await seedTable('readme')
    await migrate(database.run, database.dialect, table)
    const insert = (key: string, user: string): Promise<unknown> =>
      database.run(
        `INSERT INTO ${table.text} (session_id, created_at, last_activity, expiration, user_id) VALUES ('${key}', 1, 1, 1, '${user}')`,
      )
    await insert('tràil-ü', 'CaseId')
    await insert('Trail-U', 'caseid')
    expect(await database.run(`SELECT 1 AS found FROM ${table.text} WHERE session_id = 'Tràil-Ü'`)).toHaveLength(1)
    expect(await database.run(`SELECT 1 AS found FROM ${table.text} WHERE user_id = 'caseid'`)).toHaveLength(1)
  })

  it('can be made by several processes at once', () => fourAtOnce(newTable()))

  it('can be brought up to date by several processes at once', async () => {
    const table = await seedTable('readme')
    const before = await rowsOf(database.run, table)
    await fourAtOnce(table)
    expect(await rowsOf(database.run, table, SEED_COLUMNS)).toEqual(before)
  })

  it('says that there is no table, and what to do', async () => {
    const table = newTable()
    await expect(checkTable(database.run, database.dialect, table)).rejects.toMatchObject({
      code: 'ERR_SESSION_DRIVER_FAILED',
      message:
        `Session driver operation 'open' failed. There is no table '${table.text}'. Run \`npx holdfast migrate\` or \`await driver.migrate()\` once, or the SQL that ` +
        `\`tableDefinition('${database.dialect}', { table: '${table.text}' })\` gives.`,
    })
  })

  it('says which column is missing, and what to do', async () => {
    const table = newTable()
    await migrate(database.run, database.dialect, table)
    await database.run(`ALTER TABLE ${table.text} DROP COLUMN marker`)
    await expect(checkTable(database.run, database.dialect, table)).rejects.toThrow(
      /cannot keep sessions: it lacks marker\. Run `npx holdfast migrate` or `await driver\.migrate\(\)` once, or these: ALTER TABLE \S+ ADD COLUMN (IF NOT EXISTS )?marker /,
    )
    await migrate(database.run, database.dialect, table)
    await checkTable(database.run, database.dialect, table)
  })

  it('warns once of a missing index, and goes on', async () => {
    const table = newTable()
    await migrate(database.run, database.dialect, table)
    const index = `idx_${table.table}_expiration`
    await database.run(familyOf(database.dialect) === 'mysql' ? `DROP INDEX ${index} ON ${table.text}` : `DROP INDEX ${index}`)
    const warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    await checkTable(database.run, database.dialect, table)
    await checkTable(database.run, database.dialect, table)
    expect(warnings.mock.calls).toEqual([
      [expect.stringContaining('it has no index on expiration'), { type: 'HoldfastWarning', code: 'HOLDFAST_DATABASE_DRIVER' }],
    ])
    expect(await migrate(database.run, database.dialect, table)).toHaveLength(1)
    await checkTable(database.run, database.dialect, table)
    expect(warnings).toHaveBeenCalledTimes(1)
  })

  it("leaves another program's table as it is", async () => {
    const table = newTable()
    await database.run(`CREATE TABLE ${table.text} (id INTEGER PRIMARY KEY, payload VARCHAR(20), last_activity INTEGER)`)
    await expect(migrate(database.run, database.dialect, table)).rejects.toThrow("it is another program's: it has no column 'session_id'")
    expect(await database.run(`SELECT * FROM ${table.text}`)).toEqual([])
    await expect(database.run(`SELECT handle FROM ${table.text}`)).rejects.toThrow(/handle/)
    await expect(checkTable(database.run, database.dialect, table)).rejects.toThrow("Choose another name with the option 'table'")
  })

  it('says which column of others must be filled', async () => {
    const table = await seedTable('readme')
    await database.run(`ALTER TABLE ${table.text} ADD COLUMN filled VARCHAR(20) NOT NULL DEFAULT 'x'`)
    await migrate(database.run, database.dialect, table)
    const other = newTable()
    await database.run((seedTables.readme?.(other) ?? '').replace('session_id', 'tenant INTEGER NOT NULL, session_id'))
    await expect(migrate(database.run, database.dialect, other)).rejects.toThrow("left as it is: its column 'tenant' must be filled")
    await expect(checkTable(database.run, database.dialect, other)).rejects.toThrow("its column 'tenant' must be filled")
  })

  it('finds a name for an index where an older table has it', async () => {
    const table = newTable()
    const older = newTable()
    await migrate(database.run, database.dialect, table)
    await database.run(`ALTER TABLE ${table.text} RENAME TO ${older.text}`)
    expect(await migrate(database.run, database.dialect, table)).not.toEqual([])
    expect(await stepsFor(database, table)).toEqual([])
    expect(await stepsFor(database, older)).toEqual([])
  })

  it('makes keys unique where they are not', async () => {
    const table = newTable()
    await database.run((seedTables.readme?.(table) ?? '').replace('PRIMARY KEY ', ''))
    await database.run(`CREATE INDEX idx_${table.table}_session_id ON ${table.text} (session_id)`)
    await expect(checkTable(database.run, database.dialect, table)).rejects.toThrow("its column 'session_id' is not unique")
    await migrate(database.run, database.dialect, table)
    await checkTable(database.run, database.dialect, table)
  })
}
