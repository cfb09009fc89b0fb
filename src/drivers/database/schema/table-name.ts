import { SessionError } from '../../../session/errors.ts'
import type { Family } from '../bridges/bridge.ts'

/** The name of a table that was checked: it can stand in a statement. */
export interface TableName {
  /** PostgreSQL: a schema; MySQL: a database; SQLite: an attached file. Left out, the connection decides. */
  readonly schema: string | undefined
  readonly table: string
  /** As it was given. */
  readonly text: string
  readonly quoted: (family: Family) => string
}

const MOST_CHARACTERS = 50
const PART = /^[A-Za-z_]\w*$/

/** @throws {SessionError} `ERR_SESSION_CONFIG` when it is not such a name. */
export function tableName(table: unknown): TableName {
  const parts = typeof table === 'string' ? table.split('.') : []
  const [last, schema] = parts.toReversed()
  if (typeof table !== 'string' || last === undefined || parts.length > 2 || !parts.every(isPart)) {
    const came = typeof table === 'string' ? ` Not '${table.slice(0, 2 * MOST_CHARACTERS)}'.` : ''
    throw SessionError.config(
      'table',
      `must be a name such as 'sessions' or 'web.sessions': letters, digits and _, not beginning with a digit, at most ${MOST_CHARACTERS} characters each.${came}`,
    )
  }
  return { schema, table: last, text: table, quoted: (family) => parts.map((part) => quotedName(part, family)).join('.') }
}

/** A name of letters, digits and `_`, quoted. */
export function quotedName(name: string, family: Family): string {
  return family === 'mysql' ? `\`${name}\`` : `"${name}"`
}

function isPart(part: string): boolean {
  return part.length <= MOST_CHARACTERS && PART.test(part)
}
