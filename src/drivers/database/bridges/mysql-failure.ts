import { withoutIds } from '../../hidden-ids.ts'
import { type FailureKind, type FailureReason, SqlFailure } from './bridge.ts'
import { isConnectError, wordsOf } from './connecting.ts'
import { propertyOf, textIn } from './shapes.ts'

// The numbers are listed in the manuals of MySQL ("Server Error Message Reference") and MariaDB ("MariaDB Error Code Reference").

const REASONS = new Map<number, FailureReason>([
  [1213, 'contention'], // deadlock
  [1205, 'contention'], // lock wait timeout: the statement is rolled back, and with it all of its transaction, which is that statement
  [3572, 'contention'], // NOWAIT
  [1020, 'contention'], // MariaDB with innodb_snapshot_isolation: the row was changed meanwhile
  [1637, 'contention'], // too many transactions
  [3101, 'contention'], // group replication refused the commit and rolled back
  [1290, 'unready'], // --read-only
  [1792, 'unready'], // a read-only transaction
  [1836, 'unready'], // read-only mode
  [1040, 'unready'], // too many connections
  [1203, 'unready'], // the user's connections
  [1226, 'unready'], // the user's connections or statements
  [1062, 'duplicate'],
  [1586, 'duplicate'],
  [1243, 'unprepared'], // not known
  [1295, 'unprepared'], // cannot be prepared
  [1461, 'unprepared'], // too many
  [1615, 'unprepared'], // must be prepared again
  [1146, 'missing'],
  [1054, 'missing'],
])
const UNKNOWN_COMMAND = 1047
/** Longer than `max_allowed_packet`: not carried out, and the server ends the connection. */
const TOO_LONG = 1153

/**
 * The server's answers after which a statement may have been carried out: it stops (1053), the connection was killed or broke (1152 and on, 1927,
 * 4031), the statement was interrupted (1317, 1969, 3024), the commit went wrong (1180, 1181, 3100), a proxy's word for anything (1105).
 */
const UNSURE = new Set([1053, 1105, 1152, 1158, 1159, 1160, 1161, 1180, 1181, 1184, 1317, 1835, 1927, 1969, 3024, 3100, 3168, 4031])
/** Said when somebody logs in. */
const AT_LOGIN = new Set([1040, 1203])
/** Errors of clients begin here: of MySQL's own library, and of MariaDB's connector. */
const isOfClient = (number: number): boolean => (number >= 2000 && number < 3000) || number >= 45_000

/** Their quotes hold names. In others there are values: of a key that is taken, or of a statement's text. */
const NAMES_ONLY = new Set([1044, 1045, 1046, 1049, 1054, 1142, 1143, 1146, TOO_LONG, 1226, 1290, 1370, 1406])
/** mysql2's word for a connection that was closed before, and MariaDB's numbers: the pool gave none in time, is closed, or the connection was. */
const CLOSED_BEFORE = "Can't add new command when connection is in closed state"
const NOT_SENT = new Set([45_012, 45_013, 45_027, 45_028, 45_035, 45_037])

/** What became of a statement that was sent, or may have been. */
export function mysqlFailure(error: unknown): SqlFailure {
  if (error instanceof SqlFailure) return error
  const number = numberOf(error)
  if (number === undefined || isOfClient(number)) {
    const isRefused = isConnectError(error) || (number !== undefined && NOT_SENT.has(number)) || wordsOf(error) === CLOSED_BEFORE
    return clientFailure(isRefused ? 'refused' : 'unknown', error)
  }
  if (UNSURE.has(number)) return new SqlFailure('unknown', 'other', messageOf(error, number), codeOf(error, number))
  if (number === TOO_LONG) return new SqlFailure('refused', 'other', messageOf(error, number), codeOf(error, number))
  return replyFailure(error, number)
}

/** What became of the wish for a connection: whatever it was, nothing was sent. */
export function mysqlRefusal(error: unknown): SqlFailure {
  if (error instanceof SqlFailure) return error
  const number = numberOf(error)
  if (number === undefined || isOfClient(number)) return clientFailure('refused', error)
  if (UNSURE.has(number)) return new SqlFailure('refused', 'unready', messageOf(error, number), codeOf(error, number))
  return replyFailure(error, number)
}

function replyFailure(error: unknown, number: number): SqlFailure {
  const reason = number === UNKNOWN_COMMAND ? unknownCommand(error) : (REASONS.get(number) ?? 'other')
  return new SqlFailure(AT_LOGIN.has(number) ? 'refused' : 'reply', reason, messageOf(error, number), codeOf(error, number))
}

function clientFailure(kind: FailureKind, error: unknown): SqlFailure {
  return new SqlFailure(kind, kind === 'refused' ? 'unready' : 'other', ownWords(error), textIn(error, 'code'))
}

/** A Galera node that is not in its cluster says so; a proxy that cannot prepare knows no such command. */
function unknownCommand(error: unknown): FailureReason {
  return wordsOf(error).includes('WSREP') ? 'unready' : 'unprepared'
}

/** The server's number. A system's error has one below zero. */
function numberOf(error: unknown): number | undefined {
  const number = propertyOf(error, 'errno')
  return typeof number === 'number' && number >= 1000 && textIn(error, 'sqlState') !== undefined ? number : undefined
}

/** mysql2 has no name for some. */
function codeOf(error: unknown, number: number): string {
  return textIn(error, 'code') ?? String(number)
}

function messageOf(error: unknown, number: number): string {
  const message = withoutIds(textIn(error, 'sqlMessage') ?? ownWords(error))
  return NAMES_ONLY.has(number) ? message : message.replace(/'.*'/s, "'[hidden]'").replace(/near '.*$/s, "near '[hidden]'")
}

/** MariaDB's connector repeats the statement and its values in a second line. */
function ownWords(error: unknown): string {
  return withoutIds(wordsOf(error).replace(/\nsql: .*$/s, ''))
}
