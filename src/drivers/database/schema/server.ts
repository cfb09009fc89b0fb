import { SessionError } from '../../../session/errors.ts'
import type { Dialect, Family, Row } from '../bridges/bridge.ts'
import type { Run } from './inspect.ts'

/**
 * Says which SQL a server speaks, and whether the driver can rely on it.
 *
 * @throws {SessionError} `ERR_SESSION_DRIVER_FAILED` when it is too old, a replica, or set up so that statements would mean something else.
 */
export async function dialectOf(family: Family, run: Run): Promise<Dialect> {
  switch (family) {
    case 'postgres':
      checkPostgres(await answerOf(run, POSTGRES))
      return 'postgres'
    case 'mysql':
      return mysqlOrMariaDb(await answerOf(run, MYSQL))
    case 'sqlite':
      await checkSqlite(run)
      return 'sqlite'
    default:
      return family satisfies never
  }
}

const POSTGRES = `SELECT current_setting('server_version') AS version, CASE WHEN pg_is_in_recovery() THEN 1 ELSE 0 END AS recovering,
  current_setting('transaction_read_only') AS read_only, current_setting('server_encoding') AS encoding`

const MYSQL = `SELECT VERSION() AS version, @@autocommit AS autocommit, @@sql_mode AS mode, @@character_set_client AS sent, @@character_set_results AS received`

function checkPostgres(row: Row): void {
  const version = textIn(row, 'version')
  if (isBefore(version, [12])) throw tooOld('PostgreSQL', version, '12')
  if (Number(row['recovering']) === 1) throw refused('The server is a read-only replica: let the client connect to the primary.')
  if (textIn(row, 'read_only') === 'on') {
    throw refused('Transactions are read-only here: set default_transaction_read_only to off for the user or the database.')
  }
  const encoding = textIn(row, 'encoding')
  if (encoding !== 'UTF8' && encoding !== 'SQL_ASCII') {
    throw refused(`The database is encoded as ${encoding}, which lacks most characters: use one with the encoding UTF8.`)
  }
}

/** Statements rely on assignments from left to right, and an empty text is not NULL. */
const OTHER_MEANINGS = ['SIMULTANEOUS_ASSIGNMENT', 'EMPTY_STRING_IS_NULL']

function mysqlOrMariaDb(row: Row): Dialect {
  const version = textIn(row, 'version')
  const isMariaDb = /mariadb/i.test(version)
  // Some releases put a number before their own, for replicas that know no others.
  const own = isMariaDb ? version.replace(/^5\.5\.5-/, '') : version
  if (isMariaDb && isBefore(own, [10, 5])) throw tooOld('MariaDB', own, '10.5')
  if (!isMariaDb && isBefore(own, [8, 0, 19])) throw tooOld('MySQL', own, '8.0.19')
  if (Number(row['autocommit']) !== 1)
    throw refused('autocommit is off: nothing would be kept. Set it to 1 for the connections of the client.')
  if (!/\bSTRICT_(?:TRANS|ALL)_TABLES\b/.test(textIn(row, 'mode')))
    throw refused('sql_mode is not strict: texts that are too long would be cut silently. Add STRICT_TRANS_TABLES to it.')
  const mode = OTHER_MEANINGS.find((name) => textIn(row, 'mode').split(',').includes(name))
  if (mode !== undefined) throw refused(`sql_mode has ${mode}, under which statements mean something else: take it out.`)
  const characters = ['sent', 'received'].map((name) => textIn(row, name)).find((name) => name !== 'utf8mb4')
  if (characters !== undefined) {
    throw refused(
      `The client talks to the database in ${characters || 'no character set'}: set its charset to utf8mb4, lest characters are lost.`,
    )
  }
  return isMariaDb ? 'mariadb' : 'mysql'
}

async function checkSqlite(run: Run): Promise<void> {
  let row: Row
  try {
    row = await answerOf(run, 'SELECT sqlite_version() AS version')
  } catch {
    // Cloudflare D1 does not say, and is new enough.
    await run('SELECT 1 AS answer')
    return
  }
  const version = textIn(row, 'version')
  if (isBefore(version, [3, 35])) throw tooOld('SQLite', version, '3.35')
}

async function answerOf(run: Run, text: string): Promise<Row> {
  return (await run(text))[0] ?? {}
}

/** Whether a version, which may go on with words, comes before another. */
function isBefore(version: string, least: readonly number[]): boolean {
  const parts = /^\d+(?:\.\d+)*/.exec(version)?.[0].split('.').map(Number) ?? []
  for (const [place, wanted] of least.entries()) {
    const part = parts[place] ?? 0
    if (part !== wanted) return part < wanted
  }
  return false
}

function textIn(row: Row, name: string): string {
  const value = row[name]
  return typeof value === 'string' ? value : ''
}

function refused(why: string): SessionError {
  return SessionError.driverFailed('open', why)
}

function tooOld(name: string, version: string, least: string): SessionError {
  return refused(`The server is ${name} ${version}; at least ${least} is needed.`)
}
