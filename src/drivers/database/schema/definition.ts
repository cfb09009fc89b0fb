import type { Dialect, Family } from '../bridges/bridge.ts'
import { COLUMNS } from './columns.ts'
import { type TableName, quotedName, tableName } from './table-name.ts'

/**
 * Gives the SQL that makes the table of sessions and its indexes, for psql, mariadb, mysql or sqlite3, or for a tool that runs migrations. Where they
 * exist it changes nothing, so a table of the PHP library or of an earlier version stays as it is: `migrate()` of the driver brings that up to date.
 *
 * @param options.table As of the driver: `sessions`, or `web.sessions`. It is quoted, so PostgreSQL keeps its capital letters.
 * @returns Statements, each ended by a semicolon and a new line.
 * @throws {SessionError} `ERR_SESSION_CONFIG` when it is no name of a table.
 */
export function tableDefinition(dialect: Dialect, options: { readonly table?: string } = {}): string {
  const table = tableName(options.table ?? 'sessions')
  const indexes = indexesOf(table.table)
  const statements = [tableStatement(dialect, table, indexes), ...indexStatements(dialect, table, indexes)]
  return statements.map((statement) => `${statement};\n`).join('')
}

export interface Index {
  readonly name: string
  readonly column: 'expiration' | 'user_id'
}

/** The indexes beside the primary key. */
export function indexesOf(table: string, taken: ReadonlySet<string> = new Set()): readonly Index[] {
  return (['expiration', 'user_id'] as const).map((column) => ({ name: indexName(table, column, taken), column }))
}

/** The statement for the table. It holds the indexes where CREATE INDEX knows no IF NOT EXISTS. */
export function tableStatement(dialect: Dialect, table: TableName, indexes: readonly Index[]): string {
  const family = familyOf(dialect)
  const columns = COLUMNS.map(({ name, types, isRequired }) => {
    const more = name === 'session_id' ? ' PRIMARY KEY NOT NULL' : isRequired ? ' NOT NULL' : ''
    return `${name} ${types[family]}${more}`
  })
  const keys = dialect === 'mysql' ? indexes.map(({ name, column }) => `KEY ${quotedName(name, family)} (${column})`) : []
  return `CREATE TABLE IF NOT EXISTS ${table.quoted(family)} (\n  ${[...columns, ...keys].join(',\n  ')}\n)${TABLE_OPTIONS[family]}`
}

/** The statements for the indexes that are not in the table's own. */
export function indexStatements(dialect: Dialect, table: TableName, indexes: readonly Index[]): readonly string[] {
  return dialect === 'mysql' ? [] : indexes.map((index) => indexStatement(dialect, table, index.name, index.column))
}

export function indexStatement(dialect: Dialect, table: TableName, name: string, column: string, kind = 'INDEX'): string {
  const family = familyOf(dialect)
  const ifMissing = dialect === 'mysql' ? '' : 'IF NOT EXISTS '
  // Most sessions have no user at first: they stay out of the index.
  const where = dialect === 'postgres' && column === 'user_id' ? ' WHERE user_id IS NOT NULL' : ''
  // SQLite puts the name of the file before the index's, not before the table's.
  const isInFile = family === 'sqlite' && table.schema !== undefined
  const index = isInFile ? `${quotedName(table.schema, family)}.${quotedName(name, family)}` : quotedName(name, family)
  const on = isInFile ? quotedName(table.table, family) : table.quoted(family)
  return `CREATE ${kind} ${ifMissing}${index} ON ${on} (${column})${where}`
}

const MOST_CHARACTERS = 63

/** A name that holds the table's as a whole, within what PostgreSQL keeps of a name. */
export function indexName(table: string, column: string, taken: ReadonlySet<string>): string {
  const name = `idx_${table}_${column}`
  for (let count = 1; ; count++) {
    const more = count === 1 ? '' : `_${count}`
    const free = name.slice(0, MOST_CHARACTERS - more.length) + more
    if (!taken.has(free.toLowerCase())) return free
  }
}

const TABLE_OPTIONS: Readonly<Record<Family, string>> = {
  // Room on each page: a row that stays on its page when it is written leaves the indexes alone.
  postgres: ' WITH (fillfactor = 70)',
  mysql: ' ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin',
  // With a rowid: rows are long, and WITHOUT ROWID would put them into the tree of the keys.
  sqlite: '',
}

export function familyOf(dialect: Dialect): Family {
  return dialect === 'mariadb' ? 'mysql' : dialect
}
