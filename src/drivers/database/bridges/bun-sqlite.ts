import type { Bridge, Row, Value } from './bridge.ts'
import { hasMethods, numberIn, rowsIn } from './shapes.ts'
import { sqliteBridge } from './sqlite-statements.ts'

/** What is used of `new Database()` of `bun:sqlite`. */
export interface BunSqlite {
  prepare(text: string): BunSqliteStatement
  readonly inTransaction: boolean
  fileControl: unknown
}

interface BunSqliteStatement {
  all(...values: Value[]): unknown[]
  run(...values: Value[]): object
}

export function isBunSqlite(client: unknown): client is BunSqlite {
  return hasMethods(client, 'prepare', 'query', 'transaction', 'fileControl', 'clearQueryCache')
}

/** bun:sqlite. */
export function bunSqliteBridge(database: BunSqlite): Bridge {
  return sqliteBridge({
    isInTransaction: () => database.inTransaction,
    prepare: (text) => {
      const statement = database.prepare(text)
      return {
        all: (values): readonly Row[] => rowsIn(statement.all(...values)),
        changes: (values) => numberIn(statement.run(...values), 'changes'),
      }
    },
  })
}
