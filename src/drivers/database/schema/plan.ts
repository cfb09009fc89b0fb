import type { Dialect } from '../bridges/bridge.ts'
import { type Fault, faultOf } from './alter.ts'
import { COLUMNS } from './columns.ts'
import { familyOf, indexName, indexStatement, indexStatements, indexesOf, tableStatement } from './definition.ts'
import type { FoundTable } from './inspect.ts'
import { userIdChange } from './sqlite-user-id.ts'
import type { TableName } from './table-name.ts'

/** Something that the table lacks. */
export interface Step {
  /** What is wrong, as a part of a sentence. */
  readonly why: string
  /** What mends it, in their order; none when a person has to. */
  readonly statements: readonly string[]
  /** Sessions cannot be kept without it. The others make it fast. */
  readonly isNeeded: boolean
}

/** What is to be done so that sessions can be kept in the table. Nothing of it drops anything. */
export function plan(dialect: Dialect, table: TableName, found: FoundTable): readonly Step[] {
  if (found.kind === undefined) {
    const indexes = indexesOf(dialect, table.table, found.takenNames)
    const statements = [tableStatement(dialect, table, indexes), ...indexStatements(dialect, table, indexes)]
    return [needed('it is not there', statements)]
  }
  if (found.kind === 'other') return [needed('it is no table but a view or the like', [])]
  if (!found.columns.has('session_id')) {
    return [needed("it is another program's: it has no column 'session_id'. Choose another name with the option 'table'", [])]
  }
  return [
    ...engineSteps(dialect, table, found),
    ...columnSteps(dialect, table, found),
    ...strangers(found),
    ...indexSteps(dialect, table, found),
  ]
}

/** First: its indexes would have too little of a user id, however many there are. */
function engineSteps(dialect: Dialect, table: TableName, { isMyIsam }: FoundTable): Step[] {
  if (!isMyIsam) return []
  const statements = [`ALTER TABLE ${table.quoted(familyOf(dialect))} ENGINE=InnoDB ROW_FORMAT=DYNAMIC`]
  return [{ why: 'its engine is MyISAM, in which each write waits for all others', statements, isNeeded: false }]
}

function columnSteps(dialect: Dialect, table: TableName, found: FoundTable): Step[] {
  const quoted = table.quoted(familyOf(dialect))
  const userId = dialect === 'sqlite' ? userIdChange(quoted, found) : undefined
  const columns = COLUMNS.filter(({ name }) => userId === undefined || name !== 'user_id')
  const missing = columns.filter(({ name }) => !found.columns.has(name))
  const ifMissing = dialect === 'postgres' || dialect === 'mariadb' ? 'IF NOT EXISTS ' : ''
  const additions = missing.map(({ name, types }) => `ALTER TABLE ${quoted} ADD COLUMN ${ifMissing}${name} ${types[familyOf(dialect)]}`)
  const faults = columns.map((wanted): Fault | undefined => {
    const column = found.columns.get(wanted.name)
    return column === undefined ? undefined : faultOf(dialect, table, wanted, column)
  })
  return [
    ...(missing.length === 0 ? [] : [needed(`it lacks ${missing.map(({ name }) => name).join(', ')}`, additions)]),
    ...(userId === undefined ? [] : [needed(`its column ${userId.why}`, userId.statements)]),
    ...faults.filter((fault) => fault !== undefined).map((fault) => ({ ...fault, why: `its column ${fault.why}` })),
  ]
}

/** Columns of others that must be filled: no row of ours could be inserted. And what takes the place of an answer: columns that count, and triggers. */
function strangers({ columns, triggers }: FoundTable): Step[] {
  const known = new Set(COLUMNS.map(({ name }) => name))
  const others = [...columns.values()].filter(({ name }) => !known.has(name))
  return [
    ...others
      .filter(({ isNullable, fillsItself }) => !isNullable && !fillsItself)
      .map(({ name }) =>
        needed(`its column '${name}' must be filled, and only another program knows with what. Give it a default value`, []),
      ),
    ...others
      .filter(({ counts }) => counts)
      .map(({ name }) =>
        needed(`its column '${name}' counts by itself (AUTO_INCREMENT), and would use up a number for each request. Take it out`, []),
      ),
    ...triggers.map((name) => needed(`the trigger '${name}' takes away what the server answers to a write. Drop it`, [])),
  ]
}

function indexSteps(dialect: Dialect, table: TableName, { indexes, takenNames }: FoundTable): Step[] {
  const isUnique = indexes.some((index) => index.isUnique && index.isWhole && index.columns.join() === 'session_id')
  const unique = indexStatement(dialect, table, indexName(table.table, 'session_id', takenNames), ['session_id'], 'UNIQUE INDEX')
  const missing = indexesOf(dialect, table.table, takenNames).filter(
    ({ columns }) => !indexes.some((index) => index.isWhole && columns.every((column, at) => index.columns[at] === column)),
  )
  return [
    ...(isUnique ? [] : [needed("its column 'session_id' is not unique", [unique])]),
    ...missing.map(({ name, columns }) => ({
      why: `it has no index on ${columns.join(', ')}`,
      statements: [indexStatement(dialect, table, name, columns)],
      isNeeded: false,
    })),
  ]
}

function needed(why: string, statements: readonly string[]): Step {
  return { why, statements, isNeeded: true }
}
