import type { Bridge, Row, Value } from './bridge.ts'
import { hasMethods, numberIn, propertyOf } from './shapes.ts'
import { sqliteBridge } from './sqlite-statements.ts'

/** What is used of `new DatabaseSync()` of `node:sqlite`. */
export interface NodeSqlite {
  prepare(text: string): NodeSqliteStatement
  /** Absent before Node 22.16. */
  readonly isTransaction?: boolean
}

interface NodeSqliteStatement {
  all(...values: Value[]): Row[]
  run(...values: Value[]): object
  /** Absent before Node 24. */
  setReturnArrays?(enabled: boolean): void
}

export function isNodeSqlite(client: unknown): client is NodeSqlite {
  return hasMethods(client, 'prepare', 'exec', 'close', 'enableLoadExtension')
}

/** node:sqlite. */
export function nodeSqliteBridge(database: NodeSqlite): Bridge {
  return sqliteBridge({
    isInTransaction: () => propertyOf(database, 'isTransaction') === true,
    prepare: (text) => {
      const statement = database.prepare(text)
      // Only where the database was opened with `returnArrays`.
      statement.setReturnArrays?.(false)
      return { all: (values) => statement.all(...values), changes: (values) => numberIn(statement.run(...values), 'changes') }
    },
  })
}
