import type { Bridge, Row, Value } from './bridge.ts'
import { hasMethods, numberIn, rowsIn } from './shapes.ts'
import { sqliteBridge } from './sqlite-statements.ts'

/** What is used of `new Database()` of `better-sqlite3`. */
export interface BetterSqlite3 {
  prepare(text: string): BetterSqlite3Statement
  readonly inTransaction: boolean
  pragma: unknown
}

interface BetterSqlite3Statement {
  readonly reader: boolean
  all(values: Readonly<Record<string, Value>>): unknown[]
  run(values: Readonly<Record<string, Value>>): object
}

export function isBetterSqlite3(client: unknown): client is BetterSqlite3 {
  return hasMethods(client, 'prepare', 'pragma', 'transaction', 'unsafeMode')
}

/** better-sqlite3. */
export function betterSqlite3Bridge(database: BetterSqlite3): Bridge {
  return sqliteBridge({
    isInTransaction: () => database.inTransaction,
    prepare: (text) => {
      const statement = database.prepare(text)
      return {
        all: (values): readonly Row[] => rowsIn(statement.all(byNumber(values))),
        changes: (values) => numberIn(statement.run(byNumber(values)), 'changes'),
      }
    },
  })
}

/** `?1` is a parameter with the name `1`. */
function byNumber(values: readonly Value[]): Readonly<Record<string, Value>> {
  return Object.fromEntries(values.map((value, index) => [index + 1, value]))
}
