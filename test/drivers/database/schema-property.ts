import fc from 'fast-check'
import { expect } from 'vitest'
import type { Family } from '../../../src/drivers/database/bridges/bridge.ts'
import { COLUMNS, FILLED } from '../../../src/drivers/database/schema/columns.ts'
import { familyOf } from '../../../src/drivers/database/schema/definition.ts'
import { migrate } from '../../../src/drivers/database/schema/migrate.ts'
import { newTable, stepsFor, type TestDatabase } from './schema-databases.ts'

type Types = Readonly<Record<string, readonly string[]>>

const INTEGERS = ['INTEGER', 'SMALLINT', 'BIGINT']
const NARROW = { created_at: INTEGERS, last_activity: INTEGERS, expiration: INTEGERS, version: INTEGERS }

/** Types that a column may have, beside the one that it should have. */
const TYPES: Readonly<Record<Family, Types>> = {
  postgres: {
    ...NARROW,
    session_id: ['varchar(40)', 'text', 'varchar(300) COLLATE "C"'],
    payload: ['varchar(100)', 'varchar'],
    user_id: [...INTEGERS, 'varchar(20)', 'text', 'text COLLATE "C"'],
    user_agent: ['varchar(255)'],
    handle: ['varchar(10)', 'text'],
  },
  mysql: {
    ...NARROW,
    session_id: [
      'VARCHAR(40) CHARACTER SET latin1',
      'VARCHAR(300) CHARACTER SET utf8mb4',
      'CHAR(64) CHARACTER SET ascii COLLATE ascii_bin',
    ],
    payload: ['TEXT', 'MEDIUMTEXT CHARACTER SET latin1', 'MEDIUMTEXT CHARACTER SET utf8mb4', 'VARCHAR(20)'],
    user_id: [...INTEGERS, 'BIGINT UNSIGNED', 'VARCHAR(20)', 'VARCHAR(300) CHARACTER SET utf8mb4', 'VARCHAR(255) CHARACTER SET utf8mb3'],
    user_agent: ['VARCHAR(255)', 'TINYTEXT', 'LONGTEXT CHARACTER SET ucs2'],
    handle: ['VARCHAR(10)', 'TEXT'],
  },
  sqlite: { ...NARROW, session_id: ['TEXT', ''], payload: ['BLOB', ''], user_id: [...INTEGERS, 'NUMERIC', 'TEXT', ''] },
}

interface Given {
  readonly columns: readonly { readonly name: string; readonly type: string; readonly required: boolean }[]
  readonly key: 'PRIMARY KEY' | 'UNIQUE' | ''
  readonly indexed: readonly string[]
}

function anyTable(family: Family): fc.Arbitrary<Given> {
  const columns = COLUMNS.map(({ name, types }) => {
    const column = fc.record({
      name: fc.constant(name),
      type: fc.constantFrom(types[family], ...(TYPES[family][name] ?? [])),
      // SQLite cannot take it back where it does harm.
      required: family === 'sqlite' && !FILLED.has(name) ? fc.constant(false) : fc.boolean(),
    })
    return name === 'session_id' ? column : fc.option(column, { nil: undefined })
  })
  return fc.record({
    columns: fc.tuple(...columns).map((some) => some.filter((column) => column !== undefined)),
    key: fc.constantFrom('PRIMARY KEY', 'UNIQUE', ''),
    indexed: fc.subarray(['expiration', 'user_id']),
  })
}

/** Whatever part of the table exists, in whatever types: a migration leaves nothing to do, and every value where it was. */
export async function completesAnyTable(database: TestDatabase, numRuns: number): Promise<void> {
  const { dialect, run } = database
  await fc.assert(
    fc.asyncProperty(anyTable(familyOf(dialect)), async ({ columns, key, indexed }) => {
      const table = newTable()
      const parts = columns.map(
        ({ name, type, required }) => `${name} ${type}${required ? ' NOT NULL' : ''}${name === 'session_id' ? ` ${key}` : ''}`,
      )
      await run(`CREATE TABLE ${table.text} (${parts.join(', ')})`)
      for (const name of indexed.filter((column) => columns.some((one) => one.name === column))) {
        await run(`CREATE INDEX idx_${table.table}_${name} ON ${table.text} (${name})`)
      }
      const names = columns.map(({ name }) => name)
      await run(`INSERT INTO ${table.text} (${names.join(', ')}) VALUES (${names.map((_, place) => `'${place + 1}'`).join(', ')})`)
      await migrate(run, dialect, table)
      expect(await stepsFor(database, table)).toEqual([])
      const [row] = await run(`SELECT * FROM ${table.text}`)
      expect(names.map((name) => Number(row?.[name]))).toEqual(names.map((_, place) => place + 1))
      expect(COLUMNS.filter(({ name }) => !Object.hasOwn(row ?? {}, name))).toEqual([])
      await run(`DROP TABLE ${table.text}`)
    }),
    { numRuns },
  )
}
