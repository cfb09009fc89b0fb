import { withoutIds } from '../../hidden-ids.ts'
import { type FailureReason, SqlFailure } from './bridge.ts'
import { isConnectError, wordsOf } from './connecting.ts'
import { propertyOf, textIn } from './shapes.ts'

// What fails in a statement that is a transaction of its own is rolled back, so an error of SQLite is a certain answer. The codes are listed at
// sqlite.org/rescode.html.

const NAMES: Readonly<Record<number, string>> = {
  1: 'SQLITE_ERROR',
  2: 'SQLITE_INTERNAL',
  3: 'SQLITE_PERM',
  4: 'SQLITE_ABORT',
  5: 'SQLITE_BUSY',
  6: 'SQLITE_LOCKED',
  7: 'SQLITE_NOMEM',
  8: 'SQLITE_READONLY',
  9: 'SQLITE_INTERRUPT',
  10: 'SQLITE_IOERR',
  11: 'SQLITE_CORRUPT',
  13: 'SQLITE_FULL',
  14: 'SQLITE_CANTOPEN',
  15: 'SQLITE_PROTOCOL',
  18: 'SQLITE_TOOBIG',
  19: 'SQLITE_CONSTRAINT',
  20: 'SQLITE_MISMATCH',
  21: 'SQLITE_MISUSE',
  23: 'SQLITE_AUTH',
  25: 'SQLITE_RANGE',
  26: 'SQLITE_NOTADB',
  1555: 'SQLITE_CONSTRAINT_PRIMARYKEY',
  2067: 'SQLITE_CONSTRAINT_UNIQUE',
}
const CODE = /^SQLITE_[A-Z]+/

/** The write-ahead log is not opened yet when SQLITE_PROTOCOL is said. */
const CONTENTION = /^SQLITE_(?:BUSY|LOCKED|PROTOCOL)/
const DUPLICATE = /^SQLITE_CONSTRAINT_(?:PRIMARYKEY|UNIQUE)$/
/** A disk that fails while a commit is written may have kept all of it, and memory may have run out after it. */
const UNSURE = /^SQLITE_(?:IOERR|NOMEM|INTERNAL)/
const MISSING = /\bno such (?:table|column)\b|\bhas no column named\b/
const DUPLICATE_WORDS = /\bUNIQUE constraint failed\b/
const NOT_OPEN = /\bnot open\b|\bclosed database\b|\bhas closed\b/

/** What became of a statement. */
export function sqliteFailure(error: unknown): SqlFailure {
  if (error instanceof SqlFailure) return error
  const code = sqliteCode(error)
  if (code !== undefined) return codedFailure(code, wordsOf(error))
  const systemCode = textIn(error, 'code')
  const isRefused = isConnectError(error) || NOT_OPEN.test(wordsOf(error))
  return new SqlFailure(
    isRefused ? 'refused' : 'unknown',
    isConnectError(error) ? 'unready' : 'other',
    withoutIds(wordsOf(error)),
    systemCode,
  )
}

/** What an answer of SQLite with this code means. */
export function codedFailure(code: string, words: string): SqlFailure {
  if (UNSURE.test(code)) return new SqlFailure('unknown', 'other', withoutIds(words), code)
  return new SqlFailure('reply', reasonOf(code, words), withoutIds(words), code)
}

function reasonOf(code: string, words: string): FailureReason {
  if (CONTENTION.test(code)) return 'contention'
  if (DUPLICATE.test(code) || (code === 'SQLITE_CONSTRAINT' && DUPLICATE_WORDS.test(words))) return 'duplicate'
  return MISSING.test(words) ? 'missing' : 'other'
}

/** node:sqlite gives a number, the others a name. A number's lowest byte is the code, the rest says more. */
function sqliteCode(error: unknown): string | undefined {
  const number = propertyOf(error, 'errcode')
  if (typeof number === 'number') return NAMES[number] ?? NAMES[number & 0xff] ?? `SQLITE_${number}`
  const code = textIn(error, 'code')
  return code !== undefined && CODE.test(code) ? code : undefined
}
