import { afterAll, beforeAll, expect, it } from 'vitest'
import { checkTable } from '../../../src/drivers/database/schema/check.ts'
import { tableDefinition } from '../../../src/drivers/database/schema/definition.ts'
import { migrate } from '../../../src/drivers/database/schema/migrate.ts'
import { tableName } from '../../../src/drivers/database/schema/table-name.ts'
import { describeNeeding } from '../../support/needs.ts'
import { postgresForTests } from '../../support/postgres-server.ts'
import { newTable, postgresAt, stepsFor, type TestDatabase } from './schema-databases.ts'
import { completesAnyTable } from './schema-property.ts'
import { readmeTable, schemaSuite } from './schema-suite.ts'

describeNeeding('postgres', 'the table on PostgreSQL', () => {
  let server: Awaited<ReturnType<typeof postgresForTests>>
  let database: TestDatabase
  beforeAll(async () => {
    server = await postgresForTests()
    database = await postgresAt(server.url)
  })
  afterAll(async () => {
    await database.end()
    await server.stop()
  })
  schemaSuite(() => postgresAt(server.url), { readme: readmeTable })

  it('completes any part of a table, and keeps its values', () => completesAnyTable(database, 15), 120_000)

  it('is found in a schema, by its name or by the search path', async () => {
    const { run, script } = database
    const schema = `Schema_${process.pid}`
    await run(`CREATE SCHEMA "${schema}"`)
    try {
      const table = tableName(`${schema}.sessions`)
      await script(tableDefinition('postgres', { table: table.text }))
      expect(await stepsFor(database, table)).toEqual([])
      await checkTable(run, 'postgres', table)
      await expect(checkTable(run, 'postgres', tableName('sessions'))).rejects.toThrow("There is no table 'sessions'")
      await run(`SET search_path TO "${schema}"`)
      await checkTable(run, 'postgres', tableName('sessions'))
    } finally {
      await run('RESET search_path')
      await run(`DROP SCHEMA "${schema}" CASCADE`)
    }
  })

  it('makes texts of user ids that are UUIDs', async () => {
    const { run } = database
    const table = newTable()
    await run(readmeTable(table).replace('user_id INTEGER', 'user_id uuid'))
    await run(`INSERT INTO ${table.text} VALUES ('a', '', '', 0, 0, 0, '9b2f6c1e-8f7a-4c33-8f0e-0d9d5b3a7c11')`)
    await migrate(run, 'postgres', table)
    expect(await run(`SELECT user_id FROM ${table.text}`)).toEqual([{ user_id: '9b2f6c1e-8f7a-4c33-8f0e-0d9d5b3a7c11' }])
  })

  it('sorts user ids by their bytes, and leaves those that are longer than its own type holds', async () => {
    const { run } = database
    const table = newTable()
    await run(readmeTable(table).replace('user_id INTEGER', 'user_id text COLLATE "und-x-icu"'))
    await run(`INSERT INTO ${table.text} VALUES ('a', '', '', 0, 0, 0, repeat('x', 300))`)
    expect(await migrate(run, 'postgres', table)).toContain(`ALTER TABLE "${table.text}" ALTER COLUMN user_id TYPE text COLLATE "C"`)
    expect(await run(`SELECT length(user_id) AS length FROM ${table.text}`)).toEqual([{ length: 300 }])
  })

  it('says that a collation takes different user ids for the same', async () => {
    const { run } = database
    const table = newTable()
    const collation = `schema_loose_${process.pid}`
    await migrate(run, 'postgres', table)
    await run(`CREATE COLLATION ${collation} (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`)
    try {
      await run(`ALTER TABLE ${table.text} ALTER COLUMN user_id TYPE varchar(255) COLLATE ${collation}`)
      await expect(checkTable(run, 'postgres', table)).rejects.toThrow("its column 'user_id' is compared by a collation that takes")
      await migrate(run, 'postgres', table)
      await checkTable(run, 'postgres', table)
    } finally {
      await run(`DROP TABLE ${table.text}`)
      await run(`DROP COLLATION ${collation}`)
    }
  })

  it('says that a payload is too short, and that bytes are no text', async () => {
    const { run } = database
    const short = newTable()
    await run(tableDefinition('postgres', { table: short.text }).split(';')[0]?.replace('payload text', 'payload varchar(65535)') ?? '')
    await expect(checkTable(run, 'postgres', short)).rejects.toThrow(
      "its column 'payload' is character varying(65535), which is too short. Run",
    )
    const bytes = newTable()
    await run(readmeTable(bytes).replace('payload TEXT', 'payload bytea'))
    await expect(migrate(run, 'postgres', bytes)).rejects.toThrow("left as it is: its column 'payload' is bytea, and has to be a text.")
    await expect(run(`SELECT handle FROM ${bytes.text}`)).rejects.toThrow('handle')
  })

  it('takes no index that has only some of the rows', async () => {
    const { run } = database
    const table = newTable()
    await run(readmeTable(table))
    await run(`CREATE INDEX idx_${table.table}_expiration ON ${table.text} (expiration) WHERE expiration > 9`)
    await run(`CREATE INDEX ${table.table}_user ON ${table.text} (user_id, session_id) WHERE user_id IS NOT NULL`)
    await migrate(run, 'postgres', table)
    expect(await run(`SELECT indexname FROM pg_indexes WHERE tablename = '${table.table}' ORDER BY indexname`)).toEqual([
      { indexname: `idx_${table.table}_expiration` },
      { indexname: `idx_${table.table}_expiration_2` },
      { indexname: `${table.table}_pkey` },
      { indexname: `${table.table}_user` },
    ])
  })

  it('adds an index that lists the sessions of a user by their keys, where an older table has one on the user alone', async () => {
    const { run } = database
    const table = newTable()
    await migrate(run, 'postgres', table)
    await run(`DROP INDEX idx_${table.table}_user_id`)
    await run(`CREATE INDEX idx_${table.table}_user_id ON ${table.text} (user_id) WHERE user_id IS NOT NULL`)
    expect(await migrate(run, 'postgres', table)).toEqual([
      `CREATE INDEX IF NOT EXISTS "idx_${table.table}_user_id_2" ON ${table.quoted('postgres')} (user_id, session_id) WHERE user_id IS NOT NULL`,
    ])
  })

  it('says that a view is no table', async () => {
    const { run } = database
    const [table, view] = [newTable(), newTable()]
    await migrate(run, 'postgres', table)
    await run(`CREATE VIEW ${view.text} AS SELECT * FROM ${table.text}`)
    try {
      await expect(checkTable(run, 'postgres', view)).rejects.toThrow('it is no table but a view or the like.')
    } finally {
      await run(`DROP VIEW ${view.text}`)
    }
  })

  it('gives up what the database refuses twice, with the reason as its cause', async () => {
    const { run } = database
    const [table, view] = [newTable(), newTable()]
    await run(readmeTable(table))
    await run(`CREATE VIEW ${view.text} AS SELECT user_id FROM ${table.text}`)
    try {
      await expect(migrate(run, 'postgres', table)).rejects.toMatchObject({
        code: 'ERR_SESSION_DRIVER_FAILED',
        message: expect.stringContaining('The database refused: ALTER TABLE') as unknown,
        cause: expect.objectContaining({ message: 'cannot alter type of a column used by a view or rule' }) as unknown,
      })
    } finally {
      await run(`DROP VIEW ${view.text}`)
    }
  })

  it('says when this user may not write there', async () => {
    const { run } = database
    const table = newTable()
    const role = `schema_role_${process.pid}`
    await migrate(run, 'postgres', table)
    await run(`CREATE ROLE ${role}`)
    try {
      await run(`GRANT SELECT ON ${table.text} TO ${role}`)
      await run(`SET ROLE ${role}`)
      await expect(checkTable(run, 'postgres', table)).rejects.toThrow('permission denied')
    } finally {
      await run('RESET ROLE')
      await run(`DROP OWNED BY ${role}`)
      await run(`DROP ROLE ${role}`)
    }
  })
})
