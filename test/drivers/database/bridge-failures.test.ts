import { expect, it } from 'vitest'
import { type FailureReason, SqlFailure } from '../../../src/drivers/database/bridges/bridge.ts'
import { mysqlFailure, mysqlRefusal } from '../../../src/drivers/database/bridges/mysql-failure.ts'
import { postgresFailure, postgresRefusal } from '../../../src/drivers/database/bridges/postgres-failure.ts'
import { sqliteFailure } from '../../../src/drivers/database/bridges/sqlite-failure.ts'
import { adviceFor } from '../../../src/drivers/database/failure-advice.ts'
import { withoutIds } from '../../../src/drivers/hidden-ids.ts'

const ID = '0123456789abcdef0123456789abcdef01234567'
const HASH = 'ab'.repeat(32)
const thrown = (message: string, fields: object = {}): Error => Object.assign(new Error(message), fields)

it('a message shows no id, whatever is before it, and shows a hash', () => {
  expect(withoutIds(`no row for cache${ID}`)).toBe('no row for cach[hidden]')
  expect(withoutIds(`no row for ${HASH}`)).toBe(`no row for ${HASH}`)
})

it.each([
  { code: '40001', severity: 'ERROR', kind: 'reply', reason: 'contention' },
  { code: '40P01', severity: 'FEHLER', kind: 'reply', reason: 'contention' },
  { code: '55P03', severity: 'ERROR', kind: 'reply', reason: 'contention' },
  { code: '25006', severity: 'ERROR', kind: 'reply', reason: 'unready' },
  { code: '23505', severity: 'ERROR', kind: 'reply', reason: 'duplicate' },
  { code: '26000', severity: 'ERROR', kind: 'reply', reason: 'unprepared' },
  { code: '42P05', severity: 'ERROR', kind: 'reply', reason: 'unprepared' },
  { code: '42P01', severity: 'ERROR', kind: 'reply', reason: 'missing' },
  { code: '42703', severity: 'ERROR', kind: 'reply', reason: 'missing' },
  { code: '57014', severity: 'ERROR', kind: 'reply', reason: 'other' },
  { code: '53100', severity: 'ERROR', kind: 'reply', reason: 'other' },
  { code: 'XX000', severity: 'ERROR', kind: 'reply', reason: 'other' },
  { code: '28P01', severity: 'FATAL', kind: 'reply', reason: 'other' },
  { code: '3D000', severity: 'FATAL', kind: 'reply', reason: 'other' },
  { code: '42704', severity: 'FATAL', kind: 'reply', reason: 'other' },
  { code: '22023', severity: 'FATAL', kind: 'reply', reason: 'other' },
  { code: '57P03', severity: 'FATAL', kind: 'refused', reason: 'unready' },
  { code: '53300', severity: 'FATAL', kind: 'refused', reason: 'unready' },
  { code: 'XX000', severity: 'PANIC', kind: 'unknown', reason: 'other' },
  { code: '53200', severity: 'FATAL', kind: 'unknown', reason: 'other' },
  { code: '53200', severity: 'FEHLER', kind: 'unknown', reason: 'other' },
  { code: '57P01', severity: 'FATAL', kind: 'unknown', reason: 'other' },
  { code: '57P02', severity: 'ERROR', kind: 'unknown', reason: 'other' },
  { code: '40003', severity: 'ERROR', kind: 'unknown', reason: 'other' },
  { code: '08006', severity: 'ERROR', kind: 'unknown', reason: 'other' },
  { code: '25P04', severity: 'FATAL', kind: 'unknown', reason: 'other' },
])('PostgreSQL: $severity $code after a statement was sent is $kind, $reason', ({ code, severity, kind, reason }) => {
  expect(postgresFailure(thrown('words', { code, severity }))).toMatchObject({ kind, reason, code })
})

it.each([
  { code: '28P01', kind: 'reply', reason: 'other' },
  { code: '57P03', kind: 'refused', reason: 'unready' },
  { code: '57P01', kind: 'refused', reason: 'unready' },
  { code: '53300', kind: 'refused', reason: 'unready' },
  { code: '08P01', kind: 'refused', reason: 'unready' },
])('PostgreSQL: $code at the login is $kind, $reason', ({ code, kind, reason }) => {
  expect(postgresRefusal(thrown('words', { code, severity: 'FATAL' }))).toMatchObject({ kind, reason, code })
})

it.each([
  { message: 'query_wait_timeout', kind: 'refused' },
  { message: 'server login has been failing, try again later (server_login_retry)', kind: 'refused' },
  { message: 'unsupported startup parameter: statement_timeout', kind: 'refused' },
  { message: 'server conn crashed?', kind: 'unknown' },
  { message: 'query_timeout', kind: 'unknown' },
])('PgBouncer: "$message" is $kind', ({ message, kind }) => {
  expect(postgresFailure(thrown(message, { code: '08P01', severity: 'FATAL' })).kind).toBe(kind)
})

it.each([
  { message: 'Connection terminated unexpectedly', fields: {}, kind: 'unknown' },
  { message: 'read ECONNRESET', fields: { code: 'ECONNRESET', syscall: 'read' }, kind: 'unknown' },
  { message: 'write CONNECTION_CLOSED', fields: { code: 'CONNECTION_CLOSED' }, kind: 'unknown' },
  { message: 'canceling statement', fields: { code: '57014' }, kind: 'unknown' },
  { message: 'connect ECONNREFUSED', fields: { code: 'ECONNREFUSED', syscall: 'connect' }, kind: 'refused' },
  { message: 'connect ETIMEDOUT', fields: { code: 'ETIMEDOUT', syscall: 'connect' }, kind: 'refused' },
  { message: 'getaddrinfo ENOTFOUND', fields: { code: 'ENOTFOUND', syscall: 'getaddrinfo' }, kind: 'refused' },
  { message: 'timeout exceeded when trying to connect', fields: {}, kind: 'refused' },
  { message: 'write CONNECT_TIMEOUT', fields: { code: 'CONNECT_TIMEOUT' }, kind: 'refused' },
])('a client of PostgreSQL: "$message" is $kind', ({ message, fields, kind }) => {
  expect(postgresFailure(thrown(message, fields)).kind).toBe(kind)
})

it('PostgreSQL: no value is shown, and names are', () => {
  const shown = (code: string, words: string): string =>
    postgresFailure(thrown(words, { code, severity: 'ERROR', detail: 'Key (k)=(secret)' })).message
  expect(shown('22P02', 'invalid input syntax for type bigint: "secret"')).toBe('invalid input syntax for type bigint: [hidden]')
  expect(shown('42P01', 'relation "sessions" does not exist')).toBe('relation "sessions" does not exist')
})

it('of several addresses none took the connection', () => {
  const refused = thrown('connect ECONNREFUSED 127.0.0.1:1', { code: 'ECONNREFUSED', syscall: 'connect' })
  const failure = postgresFailure(new AggregateError([refused, refused]))
  expect(failure).toMatchObject({ kind: 'refused', reason: 'unready', message: 'connect ECONNREFUSED 127.0.0.1:1' })
})

it.each([
  { errno: 1213, kind: 'reply', reason: 'contention' },
  { errno: 1205, kind: 'reply', reason: 'contention' },
  { errno: 1020, kind: 'reply', reason: 'contention' },
  { errno: 1062, kind: 'reply', reason: 'duplicate' },
  { errno: 1146, kind: 'reply', reason: 'missing' },
  { errno: 1054, kind: 'reply', reason: 'missing' },
  { errno: 1243, kind: 'reply', reason: 'unprepared' },
  { errno: 1461, kind: 'reply', reason: 'unprepared' },
  { errno: 1290, kind: 'reply', reason: 'unready' },
  { errno: 1836, kind: 'reply', reason: 'unready' },
  { errno: 1226, kind: 'reply', reason: 'unready' },
  { errno: 1064, kind: 'reply', reason: 'other' },
  { errno: 1040, kind: 'refused', reason: 'unready' },
  { errno: 1203, kind: 'refused', reason: 'unready' },
  { errno: 1153, kind: 'refused', reason: 'other' },
  { errno: 1053, kind: 'unknown', reason: 'other' },
  { errno: 1317, kind: 'unknown', reason: 'other' },
  { errno: 1927, kind: 'unknown', reason: 'other' },
  { errno: 4031, kind: 'unknown', reason: 'other' },
  { errno: 1180, kind: 'unknown', reason: 'other' },
  { errno: 1105, kind: 'unknown', reason: 'other' },
  { errno: 45_009, kind: 'unknown', reason: 'other' },
  { errno: 45_004, kind: 'unknown', reason: 'other' },
  { errno: 45_028, kind: 'refused', reason: 'unready' },
  { errno: 45_013, kind: 'refused', reason: 'unready' },
])('MySQL: $errno after a statement was sent is $kind, $reason', ({ errno, kind, reason }) => {
  expect(mysqlFailure(thrown('words', { errno, sqlState: 'HY000', sqlMessage: 'words' }))).toMatchObject({ kind, reason })
})

it.each([
  { words: 'WSREP has not yet prepared node for application use', reason: 'unready' },
  { words: 'Unknown command', reason: 'unprepared' },
])('MySQL: 1047 with "$words" is $reason', ({ words, reason }) => {
  expect(mysqlFailure(thrown(words, { errno: 1047, sqlState: '08S01' }))).toMatchObject({ kind: 'reply', reason })
})

it('MySQL: whatever happens before there is a connection, nothing was sent', () => {
  const errors = [{ errno: 1053 }, { errno: 1927 }, { errno: 45_009 }].map((fields) => thrown('words', { ...fields, sqlState: 'HY000' }))
  const kinds = [...errors, thrown('read ECONNRESET', { code: 'ECONNRESET', errno: -104 })].map((error) => mysqlRefusal(error).kind)
  expect(kinds).toEqual(['refused', 'refused', 'refused', 'refused'])
  expect(mysqlRefusal(thrown('Access denied', { errno: 1045, sqlState: '28000' }))).toMatchObject({ kind: 'reply', reason: 'other' })
})

it.each([
  { code: 'PROTOCOL_CONNECTION_LOST', kind: 'unknown' },
  { code: 'ECONNRESET', kind: 'unknown' },
  { code: 'ECONNREFUSED', kind: 'refused' },
])('a client of MySQL: $code is $kind', ({ code, kind }) => {
  expect(mysqlFailure(thrown('words', { code, errno: -1 })).kind).toBe(kind)
})

it('MySQL: no value is shown, and names are', () => {
  const shown = (errno: number, words: string): string => mysqlFailure(thrown(words, { errno, sqlState: 'HY000' })).message
  expect(shown(1062, "Duplicate entry 'it's me' for key 'PRIMARY'")).not.toMatch(/me|it/)
  expect(shown(1366, "Incorrect string value: '\\xF0\\x9F' for column 'v'")).not.toContain('xF0')
  expect(shown(1064, "syntax to use near 'secret' at line 1")).not.toContain('secret')
  expect(shown(1064, "syntax to use near 'secret and no end")).not.toContain('secret')
  expect(shown(1062, `(conn:1, no: 1062) Duplicate entry 'x'\nsql: INSERT ... - parameters:["secret"]`)).not.toContain('secret')
  expect(shown(1153, "Got a packet bigger than 'max_allowed_packet' bytes")).toContain('max_allowed_packet')
  expect(shown(1146, "Table 'test.sessions' doesn't exist")).toBe("Table 'test.sessions' doesn't exist")
})

it.each([
  { fields: { errcode: 5 }, kind: 'reply', reason: 'contention', code: 'SQLITE_BUSY' },
  { fields: { errcode: 517 }, kind: 'reply', reason: 'contention', code: 'SQLITE_BUSY' },
  { fields: { errcode: 1555 }, kind: 'reply', reason: 'duplicate', code: 'SQLITE_CONSTRAINT_PRIMARYKEY' },
  { fields: { errcode: 1299 }, kind: 'reply', reason: 'other', code: 'SQLITE_CONSTRAINT' },
  { fields: { code: 'SQLITE_BUSY_SNAPSHOT' }, kind: 'reply', reason: 'contention', code: 'SQLITE_BUSY_SNAPSHOT' },
  { fields: { code: 'SQLITE_LOCKED_SHAREDCACHE' }, kind: 'reply', reason: 'contention', code: 'SQLITE_LOCKED_SHAREDCACHE' },
  { fields: { code: 'SQLITE_FULL' }, kind: 'reply', reason: 'other', code: 'SQLITE_FULL' },
  { fields: { code: 'SQLITE_CANTOPEN' }, kind: 'reply', reason: 'other', code: 'SQLITE_CANTOPEN' },
  { fields: { code: 'SQLITE_IOERR_FSYNC' }, kind: 'unknown', reason: 'other', code: 'SQLITE_IOERR_FSYNC' },
  { fields: { errcode: 1034 }, kind: 'unknown', reason: 'other', code: 'SQLITE_IOERR' },
  { fields: { errcode: 7 }, kind: 'unknown', reason: 'other', code: 'SQLITE_NOMEM' },
  { fields: {}, kind: 'unknown', reason: 'other', code: undefined },
])('SQLite: $code is $kind, $reason', ({ fields, kind, reason, code }) => {
  expect(sqliteFailure(thrown('words', fields))).toMatchObject({ kind, reason, code })
})

it('what to do is only to look for the server where it was not reached', () => {
  const advice = (reason: FailureReason): string => adviceFor(new SqlFailure('refused', reason, 'words'), 'read')
  expect(advice('unready')).toBe(
    'The database could not be reached, or gave no connection. Nothing was changed. Is it running, and has the client the right address? It said: words',
  )
  expect(advice('other')).toBe('The database answered: words')
})

it('a migration that lacks something is not told to migrate', () => {
  const missing = new SqlFailure('reply', 'missing', 'words')
  expect(adviceFor(missing, 'read')).toContain('npx holdfast migrate')
  expect(adviceFor(missing, 'migrate')).toBe('The database answered: words')
})

it('a failure stays what it is, and what is no error is unknown', () => {
  const failure = new SqlFailure('refused', 'unready', 'words')
  for (const failureOf of [postgresFailure, postgresRefusal, mysqlFailure, mysqlRefusal, sqliteFailure])
    expect(failureOf(failure)).toBe(failure)
  for (const failureOf of [postgresFailure, mysqlFailure, sqliteFailure]) expect(failureOf('secret')).toMatchObject({ kind: 'unknown' })
  expect(postgresFailure('secret').message).not.toContain('secret')
})
