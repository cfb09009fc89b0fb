import type { Dialect } from '../bridges/bridge.ts'
import { type Column, FILLED } from './columns.ts'
import { familyOf } from './definition.ts'
import type { FoundColumn } from './inspect.ts'
import type { TableName } from './table-name.ts'

/** A column that is there and does not do. */
export interface Fault {
  /** What is wrong with it, after "its column ...". */
  readonly why: string
  /** What mends it without losing a value; none when nothing does. */
  readonly statements: readonly string[]
  /** Sessions cannot be kept without it. */
  readonly isNeeded: boolean
}

/** What is wrong with a column, if anything is. */
export function faultOf(dialect: Dialect, table: TableName, wanted: Column, found: FoundColumn): Fault | undefined {
  const why = misfit(wanted, found)
  const isNeeded = why !== undefined
  if (why === undefined && (!wanted.byBytes || found.isByBytes)) return undefined
  const canBe = found.kind === wanted.kind || (wanted.name === 'user_id' && (found.kind === 'integer' || found.type === 'uuid'))
  const statements = canBe ? alterations(dialect, table.quoted(familyOf(dialect)), wanted, found) : []
  return { why: `'${wanted.name}' ${why ?? `sorts by a language's rules`}`, statements, isNeeded }
}

function misfit(wanted: Column, found: FoundColumn): string | undefined {
  if (found.kind !== wanted.kind)
    return `is ${found.type || 'of no type'}, and has to be ${wanted.kind === 'text' ? 'a text' : 'an integer'}`
  if (!fits(wanted, found)) return `is ${found.type}, which is too short`
  if (wanted.byBytes && found.isLoose) return 'is compared by a collation that takes different texts for the same'
  if (wanted.anyText && found.characters !== undefined && found.characters !== 'utf8mb4')
    return `is of the character set ${found.characters}, which lacks most characters`
  return isWronglyRequired(found) ? 'must not be NULL, and often is' : undefined
}

const INTEGER_BYTES = 8

function fits(wanted: Column, found: FoundColumn): boolean {
  return found.kind === wanted.kind && found.holds >= (wanted.kind === 'integer' ? INTEGER_BYTES : wanted.holds)
}

/** Whether a row of ours without a value there would be refused. */
function isWronglyRequired(found: FoundColumn): boolean {
  return !found.isNullable && !FILLED.has(found.name)
}

function alterations(dialect: Dialect, table: string, wanted: Column, found: FoundColumn): string[] {
  const family = familyOf(dialect)
  if (family === 'sqlite') return []
  const { name } = wanted
  if (family === 'mysql') return [`ALTER TABLE ${table} MODIFY COLUMN ${name} ${mysqlType(wanted, found)}`]
  const [type = '', collation] = wanted.types.postgres.split(' COLLATE ')
  // A longer type stays, and a cast without a length cuts nothing off.
  const as = `${fits(wanted, found) ? found.type : type}${collation === undefined ? '' : ` COLLATE ${collation}`}`
  const using = found.kind === wanted.kind ? '' : ` USING ${name}::varchar`
  const statements = []
  if (!fits(wanted, found) || (wanted.byBytes && !found.isByBytes)) {
    statements.push(`ALTER TABLE ${table} ALTER COLUMN ${name} TYPE ${as}${using}`)
  }
  if (isWronglyRequired(found)) statements.push(`ALTER TABLE ${table} ALTER COLUMN ${name} DROP NOT NULL`)
  return statements
}

/** The column anew, with all that it has to keep. */
function mysqlType(wanted: Column, found: FoundColumn): string {
  const [type = ''] = wanted.types.mysql.split(' CHARACTER SET ')
  // Keys of another program may have characters that ours have not.
  const characters = wanted.anyText ? 'utf8mb4' : (found.characters ?? 'utf8mb4')
  const compared = wanted.kind === 'text' ? ` CHARACTER SET ${characters} COLLATE ${characters}_bin` : ''
  const required = found.isNullable || isWronglyRequired(found) ? '' : ' NOT NULL'
  return `${fits(wanted, found) ? found.type : type}${compared}${required}${found.more}`
}
