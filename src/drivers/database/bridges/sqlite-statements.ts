import { type Answer, type Bridge, type Row, SqlFailure, type Value } from './bridge.ts'
import { sqliteFailure } from './sqlite-failure.ts'
import { numberIn } from './shapes.ts'

/** A prepared statement of a client that answers at once. */
export interface Prepared {
  readonly all: (values: readonly Value[]) => readonly Row[]
  readonly changes: (values: readonly Value[]) => number
}

/** A database file that is opened in this process. */
export interface OpenDatabase {
  readonly prepare: (text: string) => Prepared
  /** Whether another program part has begun a transaction, which would hold our statements too. */
  readonly isInTransaction: () => boolean
}

/** While SQLite waits for a lock the whole process waits. The driver asks again instead, and lets others go on meanwhile. */
export const LONGEST_WAIT_MS = 5

/** Columns would come as `table.column`: every session would look like none. @throws {SqlFailure} */
export function checkNames([row]: readonly Row[]): void {
  if (numberIn(row, 'full_column_names') !== 0)
    throw new SqlFailure(
      'refused',
      'other',
      'Turn PRAGMA full_column_names off for the connection of sessions: their columns come under other names.',
    )
}

/** Runs statements on a database file. Each is prepared once. */
export function sqliteBridge(database: OpenDatabase): Bridge {
  const statements = new Map<string, Prepared>()
  const prepared = (text: string): Prepared => {
    const known = statements.get(text)
    if (known !== undefined) return known
    const made = database.prepare(text)
    statements.set(text, made)
    return made
  }
  let isPrepared = false
  const prepareConnection = (): void => {
    checkNames(database.prepare('PRAGMA full_column_names').all([]))
    const [row] = database.prepare('PRAGMA busy_timeout').all([])
    if (numberIn(row, 'timeout') > LONGEST_WAIT_MS) database.prepare(`PRAGMA busy_timeout = ${LONGEST_WAIT_MS}`).all([])
    isPrepared = true
  }
  return {
    family: 'sqlite',
    boundsAnswers: true,
    // Async, so that what is thrown becomes a rejection.
    run: async ({ text, returnsRows }, values): Promise<Answer> => {
      if (database.isInTransaction())
        throw new SqlFailure('refused', 'contention', 'The database is inside a transaction of another program part.')
      if (!isPrepared) prepareConnection()
      const statement = prepared(text)
      if (!returnsRows) return { rows: [], affected: statement.changes(values), insertId: 0 }
      const rows = statement.all(values)
      return { rows, affected: rows.length, insertId: 0 }
    },
    failureOf: sqliteFailure,
  }
}
