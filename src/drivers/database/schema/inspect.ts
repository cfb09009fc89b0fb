import type { Dialect, Row } from '../bridges/bridge.ts'
import { familyOf } from './definition.ts'
import { type Queries, mysqlQueries, postgresQueries, sqliteQueries } from './inspect-queries.ts'
import type { TableName } from './table-name.ts'

/** Runs a statement without parameters. */
export type Run = (text: string) => Promise<readonly Row[]>

/** A column as it is there. */
export interface FoundColumn {
  readonly name: string
  /** As the database calls it. */
  readonly type: string
  readonly kind: 'text' | 'integer' | 'other'
  /** How many characters it holds, or bytes of an integer. */
  readonly holds: number
  /** Texts are compared and sorted by their bytes. */
  readonly isByBytes: boolean
  /** A statement finds also what is not the same: another case, another accent. Most collations of PostgreSQL only sort otherwise. */
  readonly isLoose: boolean
  /** MySQL's character set. */
  readonly characters: string | undefined
  readonly isNullable: boolean
  /** The database fills it when an INSERT does not. */
  readonly fillsItself: boolean
  /** AUTO_INCREMENT of MySQL. */
  readonly counts: boolean
  /** What MODIFY of MySQL has to repeat, lest it be lost. */
  readonly more: string
}

export interface FoundIndex {
  readonly name: string
  /** In their order. */
  readonly columns: readonly string[]
  readonly isUnique: boolean
  /** It has all rows that have a value in its first column. */
  readonly isWhole: boolean
}

/** What is there under the name of the table. */
export interface FoundTable {
  /** `undefined` when nothing is; `other` for a view and the like. */
  readonly kind: 'table' | 'other' | undefined
  /** It is locked as a whole, and has no index of all of a long column. */
  readonly isMyIsam: boolean
  readonly columns: ReadonlyMap<string, FoundColumn>
  readonly indexes: readonly FoundIndex[]
  /** Names of triggers that would change an answer. */
  readonly triggers: readonly string[]
  /** Names, in lower case, that an index of this table cannot take. */
  readonly takenNames: ReadonlySet<string>
}

/** Asks the database what is there. */
export async function inspect(run: Run, dialect: Dialect, table: TableName): Promise<FoundTable> {
  const queries: Queries = { postgres: postgresQueries, mysql: mysqlQueries, sqlite: sqliteQueries }[familyOf(dialect)](table)
  // Names first: what another process makes meanwhile is then seen as this table's, or not at all.
  const names = await run(queries.names)
  const [found] = await run(queries.table)
  const isThere = found !== undefined
  return {
    kind: isThere ? (isTrue(found, 'plain') ? 'table' : 'other') : undefined,
    isMyIsam: isThere && isTrue(found, 'my_isam'),
    columns: new Map((isThere ? await run(queries.columns) : []).map((row) => [textIn(row, 'name'), columnOf(row)])),
    indexes: indexesOf(isThere ? await run(queries.indexes) : []),
    triggers: (isThere && queries.triggers !== undefined ? await run(queries.triggers) : []).map((row) => textIn(row, 'name')),
    takenNames: new Set(names.map((row) => textIn(row, 'name').toLowerCase())),
  }
}

function columnOf(row: Row): FoundColumn {
  const kind = textIn(row, 'kind')
  return {
    name: textIn(row, 'name'),
    type: textIn(row, 'type'),
    kind: kind === 'text' || kind === 'integer' ? kind : 'other',
    holds: row['holds'] === null ? Infinity : Number(row['holds']),
    isByBytes: isTrue(row, 'by_bytes'),
    isLoose: isTrue(row, 'loose'),
    characters: textIn(row, 'characters') || undefined,
    isNullable: isTrue(row, 'nullable'),
    fillsItself: isTrue(row, 'filled'),
    counts: isTrue(row, 'counts'),
    more: textIn(row, 'more'),
  }
}

/** A row for each column of each index, in their order. */
function indexesOf(rows: readonly Row[]): FoundIndex[] {
  const names = [...new Set(rows.map((row) => textIn(row, 'name')))]
  return names.map((name) => {
    const own = rows.filter((row) => textIn(row, 'name') === name)
    return {
      name,
      columns: own.map((row) => textIn(row, 'column_name')),
      isUnique: own.every((row) => isTrue(row, 'is_unique')),
      isWhole: own.every((row) => isTrue(row, 'whole')),
    }
  })
}

function textIn(row: Row, name: string): string {
  const value = row[name]
  return typeof value === 'string' ? value : ''
}

/** The queries answer with 1 and 0: clients make numbers, texts or bigints of them. */
function isTrue(row: Row, name: string): boolean {
  return Number(row[name]) === 1
}
