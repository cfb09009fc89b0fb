import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { checkTable } from '../../../src/drivers/database/schema/check.ts'
import { tableDefinition } from '../../../src/drivers/database/schema/definition.ts'
import type { Run } from '../../../src/drivers/database/schema/inspect.ts'
import { migrate } from '../../../src/drivers/database/schema/migrate.ts'
import { tableName } from '../../../src/drivers/database/schema/table-name.ts'
import { newTable, sqliteAt, stepsFor } from './schema-databases.ts'
import { completesAnyTable } from './schema-property.ts'
import { readmeTable, schemaSuite } from './schema-suite.ts'

describe('the table on SQLite', () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-schema-'))
  schemaSuite(() => Promise.resolve(sqliteAt(join(folder, 'sessions.db'))), { readme: readmeTable })
  afterAll(() => rmSync(folder, { recursive: true }))

  it('completes any part of a table, and keeps its values', async () => {
    const database = sqliteAt()
    await completesAnyTable(database, 300)
    await database.end()
  })

  it('keeps the user ids of the PHP library under another name too', async () => {
    const { run, end } = sqliteAt()
    const table = newTable()
    await run(readmeTable(table))
    await run(`INSERT INTO ${table.text} (session_id, created_at, last_activity, expiration, user_id)
      VALUES ('a', 0, 0, 0, 42), ('b', 0, 0, 0, NULL), ('c', 0, 0, 0, 'no number')`)
    await migrate(run, 'sqlite', table)
    expect(await run(`SELECT user_id, user_id_integer FROM ${table.text} ORDER BY session_id`)).toEqual([
      { user_id: '42', user_id_integer: 42 },
      { user_id: null, user_id_integer: null },
      { user_id: 'no number', user_id_integer: 'no number' },
    ])
    await end()
  })

  it('goes on where a crash left it, and brings no user back who has left since', async () => {
    for (let crashAfter = 0; crashAfter < 30; crashAfter++) {
      const { run, end } = sqliteAt()
      const table = newTable()
      await run(readmeTable(table))
      await run(`INSERT INTO ${table.text} (session_id, created_at, last_activity, expiration, user_id) VALUES ('a', 0, 0, 0, 42)`)
      let changes = 0
      const dying: Run = (text) => (!text.startsWith('SELECT') && changes++ >= crashAfter ? Promise.reject(new Error('crash')) : run(text))
      const crashed = await migrate(dying, 'sqlite', table).then(
        () => false,
        () => true,
      )
      if (!crashed) await run(`UPDATE ${table.text} SET user_id = NULL`)
      await migrate(run, 'sqlite', table)
      expect(await run(`SELECT user_id, user_id_integer FROM ${table.text}`)).toEqual([
        { user_id: crashed ? '42' : null, user_id_integer: 42 },
      ])
      await end()
      if (!crashed) return
    }
    expect.fail('it never got to its end')
  })

  it('is brought up to date by three processes at once, in whatever order their statements come', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const database = sqliteAt()
        const table = newTable()
        await database.run(readmeTable(table))
        await database.run(
          `INSERT INTO ${table.text} (session_id, created_at, last_activity, expiration, user_id) VALUES ('a', 0, 0, 0, 42)`,
        )
        const run = scheduler.scheduleFunction(database.run)
        const all = Promise.all([1, 2, 3].map(() => migrate(run, 'sqlite', table)))
        await scheduler.waitFor(all)
        expect(await stepsFor(database, table)).toEqual([])
        expect(await database.run(`SELECT user_id, user_id_integer FROM ${table.text}`)).toEqual([{ user_id: '42', user_id_integer: 42 }])
        await database.end()
      }),
      { numRuns: 200 },
    )
  })

  it('says what it cannot mend', async () => {
    const { run, end } = sqliteAt()
    const [required, inTheWay, wrong] = [newTable(), newTable(), newTable()]
    await run(readmeTable(required).replace('user_id INTEGER NULL', 'user_id INTEGER NOT NULL'))
    await expect(migrate(run, 'sqlite', required)).rejects.toThrow(
      "left as it is: its column 'user_id' is INTEGER, and would make numbers of user ids.",
    )
    await run(readmeTable(inTheWay).replace('user_id INTEGER', 'user_id_integer INTEGER, user_id INTEGER'))
    await expect(migrate(run, 'sqlite', inTheWay)).rejects.toThrow('would make numbers of user ids.')
    await run(readmeTable(wrong).replace('created_at INTEGER', 'created_at TEXT'))
    await expect(checkTable(run, 'sqlite', wrong)).rejects.toThrow("its column 'created_at' is TEXT, and has to be an integer.")
    await end()
  })

  it('is found in an attached file by its name', async () => {
    const database = sqliteAt()
    await database.run("ATTACH DATABASE ':memory:' AS web")
    await database.script(tableDefinition('sqlite', { table: 'web.sessions' }))
    expect(await stepsFor(database, tableName('web.sessions'))).toEqual([])
    await checkTable(database.run, 'sqlite', tableName('web.sessions'))
    await database.run(readmeTable(tableName('main.sessions')))
    await expect(checkTable(database.run, 'sqlite', tableName('sessions'))).rejects.toThrow('it lacks handle')
    await migrate(database.run, 'sqlite', tableName('main.sessions'))
    await checkTable(database.run, 'sqlite', tableName('sessions'))
    await database.end()
  })
})
