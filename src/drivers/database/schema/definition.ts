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
  const indexes = indexesOf(dialect, table.table)
  const statements = [tableStatement(dialect, table, indexes), ...indexStatements(dialect, table, indexes)]
  return statements.map((statement) => `${statement};\n`).join('')
}

export interface Index {
  readonly name: string
  readonly columns: readonly string[]
}

/** The indexes beside the primary key. A user's sessions are listed by their keys: with those behind it a page reads no more rows than it has. */
export function indexesOf(dialect: Dialect, table: string, taken: ReadonlySet<string> = new Set()): readonly Index[] {
  // InnoDB puts the primary key behind every index by itself.
  const ofUser = familyOf(dialect) === 'mysql' ? ['user_id'] : ['user_id', 'session_id']
  return [['expiration'], ofUser].map((columns) => ({ name: indexName(table, columns[0] ?? '', taken), columns }))
}

/** The statement for the table. It holds the indexes where CREATE INDEX knows no IF NOT EXISTS. */
export function tableStatement(dialect: Dialect, table: TableName, indexes: readonly Index[]): string {
  const family = familyOf(dialect)
  const columns = COLUMNS.map(({ name, types, isRequired }) => {
    const more = name === 'session_id' ? ' PRIMARY KEY NOT NULL' : isRequired ? ' NOT NULL' : ''
    return `${name} ${types[family]}${more}`
  })
  const keys = dialect === 'mysql' ? indexes.map(({ name, columns: of }) => `KEY ${quotedName(name, family)} (${of.join(', ')})`) : []
  return `CREATE TABLE IF NOT EXISTS ${table.quoted(family)} (\n  ${[...columns, ...keys].join(',\n  ')}\n)${TABLE_OPTIONS[family]}`
}

/** The statements for the indexes that are not in the table's own. */
export function indexStatements(dialect: Dialect, table: TableName, indexes: readonly Index[]): readonly string[] {
  return dialect === 'mysql' ? [] : indexes.map((index) => indexStatement(dialect, table, index.name, index.columns))
}

export function indexStatement(dialect: Dialect, table: TableName, name: string, columns: readonly string[], kind = 'INDEX'): string {
  const family = familyOf(dialect)
  const ifMissing = dialect === 'mysql' ? '' : 'IF NOT EXISTS '
  // Most sessions have no user at first: they stay out of the index.
  const where = dialect === 'postgres' && columns[0] === 'user_id' ? ' WHERE user_id IS NOT NULL' : ''
  // SQLite puts the name of the file before the index's, not before the table's.
  const isInFile = family === 'sqlite' && table.schema !== undefined
  const index = isInFile ? `${quotedName(table.schema, family)}.${quotedName(name, family)}` : quotedName(name, family)
  const on = isInFile ? quotedName(table.table, family) : table.quoted(family)
  return `CREATE ${kind} ${ifMissing}${index} ON ${on} (${columns.join(', ')})${where}`
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
