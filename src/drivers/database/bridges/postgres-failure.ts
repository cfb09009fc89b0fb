import { withoutIds } from '../../hidden-ids.ts'
import { type FailureKind, type FailureReason, SqlFailure } from './bridge.ts'
import { isConnectError, wordsOf } from './connecting.ts'
import { textIn } from './shapes.ts'

// The codes are listed in PostgreSQL's manual, appendix A.

const REASONS: Readonly<Record<string, FailureReason>> = {
  '40001': 'contention', // serialization failure
  '40P01': 'contention', // deadlock
  '55P03': 'contention', // a lock could not be had in lock_timeout
  '25006': 'unready', // a replica, or one that was set to read only
  '53300': 'unready', // too many connections
  '57P03': 'unready', // it starts, stops, or recovers
  '23505': 'duplicate',
  '26000': 'unprepared',
  '42P05': 'unprepared',
  '42P01': 'missing',
  '42703': 'missing',
  '3F000': 'missing',
}

/** Said when somebody logs in, so nothing of theirs was carried out: rights, no such database, a setting that is none, no connection left, it starts. */
const AT_LOGIN = /^(?:22023|28...|3D000|42704|53300|57P03)$/
/** A connection that broke or that was ended, and a commit whose outcome the server itself does not know. */
const UNSURE = /^(?:08...|57P0[1245]|40003)$/
/** PgBouncer's words to a client that logs in, or waits for a server: it keeps the statement until it has one. They are not translated. */
const NOT_FORWARDED =
  /^(?:query_wait_timeout|unsupported startup parameter|server login has been failing|pgbouncer cannot connect to server|no more connections allowed)\b/
/** Where the words for it are translated, these may have ended the connection. */
const PERHAPS_FATAL = /^(?:25P0.|53...|58...|F0...|XX...)$/
const MASKED = /^22/

/** Client errors by which nothing was sent: pg's by their words, postgres.js' by their codes. */
const NOT_SENT = new Set([
  'timeout exceeded when trying to connect',
  'Connection terminated due to connection timeout',
  'Cannot use a pool after calling end on the pool',
  'Client was closed and is not queryable',
  'Client has encountered a connection error and is not queryable',
  'CONNECT_TIMEOUT',
])

/** What became of a statement that was sent, or may have been. */
export function postgresFailure(error: unknown): SqlFailure {
  if (error instanceof SqlFailure) return error
  const state = stateOf(error)
  if (state !== undefined) {
    if (state === '08P01' && NOT_FORWARDED.test(wordsOf(error))) return new SqlFailure('refused', 'unready', messageOf(error, state), state)
    if (!isSure(error, state)) return new SqlFailure('unknown', 'other', messageOf(error, state), state)
    const reason = reasonOf(error, state)
    return new SqlFailure(AT_LOGIN.test(state) && reason === 'unready' ? 'refused' : 'reply', reason, messageOf(error, state), state)
  }
  const kind = isConnectError(error) || NOT_SENT.has(textIn(error, 'code') ?? wordsOf(error)) ? 'refused' : 'unknown'
  return clientFailure(kind, error)
}

/** What became of the wish for a connection: whatever it was, nothing was sent. */
export function postgresRefusal(error: unknown): SqlFailure {
  if (error instanceof SqlFailure) return error
  const state = stateOf(error)
  if (state === undefined) return clientFailure('refused', error)
  // PgBouncer says everything with 08P01: that it has no connection left, and that the server does not take it.
  if (state.startsWith('08') || state.startsWith('53') || state.startsWith('57'))
    return new SqlFailure('refused', 'unready', messageOf(error, state), state)
  return new SqlFailure('reply', reasonOf(error, state), messageOf(error, state), state)
}

function clientFailure(kind: FailureKind, error: unknown): SqlFailure {
  return new SqlFailure(kind, kind === 'refused' ? 'unready' : 'other', withoutIds(wordsOf(error)), textIn(error, 'code'))
}

/** The SQLSTATE, when the server has answered. */
function stateOf(error: unknown): string | undefined {
  const code = textIn(error, 'code')
  return code !== undefined && /^[0-9A-Z]{5}$/.test(code) && textIn(error, 'severity') !== undefined ? code : undefined
}

function isSure(error: unknown, state: string): boolean {
  if (AT_LOGIN.test(state)) return true
  const severity = textIn(error, 'severity')
  if (UNSURE.test(state) || severity === 'FATAL' || severity === 'PANIC') return false
  return severity === 'ERROR' || !PERHAPS_FATAL.test(state)
}

function reasonOf(error: unknown, state: string): FailureReason {
  // A column's type was changed under a prepared statement. Its code stands for other things too, its words are translated.
  if (textIn(error, 'routine') === 'RevalidateCachedQuery') return 'unprepared'
  return REASONS[state] ?? 'other'
}

/** What the server says, without its `detail`. What it says of data that it cannot read repeats them. */
function messageOf(error: unknown, state: string): string {
  const message = withoutIds(wordsOf(error))
  return MASKED.test(state) ? message.replace(/".*"/s, '[hidden]') : message
}
