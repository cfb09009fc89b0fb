import type { FoundColumn, FoundTable } from './inspect.ts'

const WAS = 'user_id_integer'
const WILL_BE = 'user_id_text'

/** What is left to do for a `user_id` that makes numbers of its texts, or `undefined` when there is no such thing. */
export interface UserIdChange {
  readonly why: string
  readonly statements: readonly string[]
}

/**
 * SQLite cannot change a column's type: the column gets another name, and a new one its values. It is renamed first, so that no other program writes
 * into it while it is copied. Each stage can be told from what is there: after a crash the next run goes on.
 */
export function userIdChange(table: string, { columns }: FoundTable): UserIdChange | undefined {
  const userId = columns.get('user_id')
  if (userId === undefined ? !columns.has(WAS) : userId.kind === 'text') return undefined
  const rename = (from: string, to: string): string => `ALTER TABLE ${table} RENAME COLUMN ${from} TO ${to}`
  const why = `'user_id' ${typeOf(userId)}, and would make numbers of user ids`
  const isInTheWay = columns.has(WAS) || columns.has(WILL_BE)
  // A column that must not be NULL would stay one under its new name, and no row of ours fills it.
  if (userId !== undefined && (isInTheWay || !userId.isNullable)) return { why, statements: [] }
  return {
    why,
    statements: [
      ...(userId === undefined ? [] : [rename('user_id', WAS)]),
      ...(columns.has(WILL_BE) ? [] : [`ALTER TABLE ${table} ADD COLUMN ${WILL_BE} VARCHAR(255)`]),
      `UPDATE ${table} SET ${WILL_BE} = CAST(${WAS} AS TEXT) WHERE ${WAS} IS NOT NULL`,
      rename(WILL_BE, 'user_id'),
    ],
  }
}

function typeOf(userId: FoundColumn | undefined): string {
  return userId === undefined ? `is still named '${WAS}'` : `is ${userId.type}`
}
