import type { Answer } from '../bridges/bridge.ts'
import { statement, type NamedStatement } from '../statement.ts'
import { CLOCK_SLACK_MS, type DialectOf, EPOCH_MARKER, HEAD, LEADS_NOWHERE, OURS, READABLE, alive, collectAt, seconds } from './dialect.ts'

/** The clock in milliseconds: SQLite reads it once a statement. (`unixepoch('subsec')` is younger than RETURNING.) */
const CLOCK = "CAST(ROUND((julianday('now') - 2440587.5) * 86400000) AS INTEGER)"

// Clients bind numbers as floating point: a cast keeps divisions whole.
const IDLE = 'CAST(:idleMs AS INTEGER)'
const ABSOLUTE = 'CAST(:absoluteMs AS INTEGER)'
const LEASE_END = `COALESCE(${CLOCK} + CAST(:leaseMs AS INTEGER), 0)`
const CREATED = `MIN(CAST(:createdAt AS INTEGER), ${CLOCK})`
// MIN of SQLite gives NULL when one of the two is, as is wanted here.
const AUTHENTICATED = `MIN(CAST(:authenticatedAt AS INTEGER), ${CLOCK})`
const REGENERATED = `MIN(CAST(:regeneratedAt AS INTEGER), ${CLOCK})`
const EXPIRES = `MIN(${CLOCK} + ${IDLE}, COALESCE(${AUTHENTICATED}, ${CREATED}) + ${ABSOLUTE})`

const RECORD = `payload = :payload, flash_data = :flash, handle = :handle, user_id = :userId, ip_address = :ipAddress, user_agent = :userAgent,
  version = version + 1, write_token = :writeToken,
  created_at = ${seconds(CREATED)}, created_ms = ${CREATED}, authenticated_ms = ${AUTHENTICATED}, regenerated_ms = ${REGENERATED},
  last_activity = ${seconds(CLOCK)}, last_activity_ms = ${CLOCK}, expiration = ${collectAt(EXPIRES)}, expires_ms = ${EXPIRES}`

const TEXTS = 'payload = :payload, flash_data = :flash, version = version + 1, write_token = :writeToken'

// A stamp in the future is of a clock that was wrong: then the expiry is taken anew, else it only moves later.
const END = `MIN(${CLOCK} + ${IDLE}, MIN(COALESCE(authenticated_ms, created_ms), ${CLOCK}) + ${ABSOLUTE})`
const TOUCHED = `CASE WHEN last_activity_ms > ${CLOCK} + ${CLOCK_SLACK_MS} THEN ${END} ELSE MAX(expires_ms, ${END}) END`
const TOUCH = `last_activity = ${seconds(CLOCK)}, last_activity_ms = ${CLOCK}, expiration = ${collectAt(`(${TOUCHED})`)}, expires_ms = ${TOUCHED}`
const MARKER_END = `(${CLOCK} + MIN(MAX(expires_ms - ${CLOCK}, CAST(:minimumMs AS INTEGER)), CAST(:maximumMs AS INTEGER)))`

const LEASED = `session_id = :key AND lease_token = :token AND lease_until_ms > ${CLOCK}`
const AT_VERSION = 'version = :version AND write_token = :from AND marker IS NULL'
const FREE = `lease_until_ms <= ${CLOCK} AND expires_ms > ${CLOCK} AND marker IS NULL`
const DEAD = `expires_ms <= ${CLOCK} AND lease_until_ms <= ${CLOCK}`
const HOLD_ON = `lease_token = :keepToken, lease_until_ms = ${LEASE_END}`

/** @param table Its name, quoted. */
export function sqliteDialect(table: string): DialectOf {
  return {
    dialect: 'sqlite',
    canReturn: 'all',
    written: ({ rows }: Answer) => (rows[0] === undefined ? undefined : Number(rows[0]['answer'])),
    statements: {
      read: sql('read', `SELECT payload, flash_data, ${HEAD}, ${CLOCK} AS now FROM ${table} WHERE session_id = :key`),
      peek: sql('peek', `SELECT ${HEAD}, ${CLOCK} AS now FROM ${table} WHERE session_id = :key`),
      insert: sql(
        'insert',
        `INSERT INTO ${table} (session_id, payload, flash_data, handle, user_id, ip_address, user_agent, version, write_token, created_at, created_ms,
           authenticated_ms, regenerated_ms, last_activity, last_activity_ms, expiration, expires_ms, lease_token, lease_until_ms)
         VALUES (:key, :payload, :flash, :handle, :userId, :ipAddress, :userAgent, 1, :writeToken, ${seconds(CREATED)}, ${CREATED},
           ${AUTHENTICATED}, ${REGENERATED}, ${seconds(CLOCK)}, ${CLOCK}, ${collectAt(EXPIRES)}, ${EXPIRES}, :keepToken, ${LEASE_END})
         ON CONFLICT (session_id) DO NOTHING RETURNING expires_ms AS answer`,
      ),
      removeDead: sql('remove_dead', `DELETE FROM ${table} WHERE session_id = :key AND ${DEAD} RETURNING 1 AS answer`),
      update: sql(
        'update',
        `UPDATE ${table} SET ${RECORD} WHERE session_id = :key AND ${AT_VERSION} AND ${FREE} RETURNING expires_ms AS answer`,
      ),
      updateOfUser: sql(
        'update_of_user',
        `UPDATE ${table} SET ${RECORD} WHERE session_id = :key AND ${AT_VERSION} AND user_id = :userId AND ${FREE} RETURNING expires_ms AS answer`,
      ),
      touch: sql(
        'touch',
        `UPDATE ${table} SET ${TOUCH} WHERE session_id = :key AND ${FREE} AND ${READABLE} AND (:version IS NULL OR (version = :version AND write_token = :from))
         RETURNING expires_ms AS answer, version, write_token`,
      ),
      rewrite: sql(
        'rewrite',
        `UPDATE ${table} SET ${TEXTS} WHERE session_id = :key AND ${AT_VERSION} AND ${FREE} AND ${READABLE} RETURNING expires_ms AS answer`,
      ),
      acquire: sql(
        'acquire',
        `UPDATE ${table} SET lease_token = :token, lease_until_ms = ${LEASE_END}
         WHERE session_id = :key AND marker IS NULL AND (
           (lease_until_ms <= ${CLOCK} AND expires_ms > ${CLOCK}) OR (lease_until_ms > ${CLOCK} AND lease_token = :token))
         RETURNING payload, flash_data, ${HEAD}, ${CLOCK} AS now`,
      ),
      commit: sql('commit', `UPDATE ${table} SET ${RECORD}, ${HOLD_ON} WHERE ${LEASED} AND ${AT_VERSION} RETURNING expires_ms AS answer`),
      release: sql('release', `UPDATE ${table} SET ${HOLD_ON} WHERE ${LEASED} AND ${AT_VERSION} RETURNING expires_ms AS answer`),
      releaseTouched: sql(
        'release_touched',
        `UPDATE ${table} SET ${TOUCH}, ${HOLD_ON} WHERE ${LEASED} AND ${AT_VERSION} RETURNING expires_ms AS answer`,
      ),
      renew: sql('renew', `UPDATE ${table} SET lease_until_ms = ${LEASE_END} WHERE ${LEASED} RETURNING 1 AS answer`),
      unlock: sql('unlock', `UPDATE ${table} SET lease_token = NULL, lease_until_ms = 0 WHERE ${LEASED} RETURNING 1 AS answer`),
      mark: sql(
        'mark',
        `UPDATE ${table} SET payload = '', flash_data = '', user_id = NULL, ip_address = NULL, user_agent = NULL, marker = :marker,
           version = version + 1, write_token = :writeToken, regenerated_ms = ${CLOCK}, lease_token = NULL, lease_until_ms = 0,
           expiration = ${collectAt(MARKER_END)}, expires_ms = ${MARKER_END}
         WHERE ${LEASED} AND ${AT_VERSION} RETURNING expires_ms AS answer`,
      ),
      removeLeased: sql('remove_leased', `DELETE FROM ${table} WHERE ${LEASED} AND ${AT_VERSION} RETURNING 1 AS answer`),
      destroy: sql(
        'destroy',
        `DELETE FROM ${table} WHERE session_id = :key AND ${LEADS_NOWHERE} AND ${READABLE} RETURNING ${HEAD}, ${CLOCK} AS now`,
      ),
      listAll: sql(
        'list_all',
        `SELECT session_id, ${HEAD}, ${CLOCK} AS now FROM ${table}
         WHERE session_id > :after AND marker IS NULL AND ${alive(CLOCK)} ORDER BY session_id LIMIT CAST(:limit AS INTEGER)`,
      ),
      listOfUser: sql(
        'list_of_user',
        `SELECT session_id, ${HEAD}, ${CLOCK} AS now FROM ${table}
         WHERE user_id = :userId AND session_id > :after AND marker IS NULL AND ${alive(CLOCK)}
         ORDER BY session_id LIMIT CAST(:limit AS INTEGER)`,
      ),
      survey: sql(
        'survey',
        `SELECT session_id, ${HEAD}, ${CLOCK} AS now,
           COALESCE(LENGTH(CAST(payload AS BLOB)), 0) + COALESCE(LENGTH(CAST(flash_data AS BLOB)), 0) AS bytes
         FROM ${table} WHERE session_id > :after AND ${OURS} ORDER BY session_id LIMIT CAST(:limit AS INTEGER)`,
      ),
      collect: sql(
        'collect',
        `DELETE FROM ${table} WHERE session_id IN (
           SELECT session_id FROM ${table}
           WHERE expiration >= CAST(:reached AS INTEGER) AND expiration <= ${collectAt(CLOCK)} AND ${DEAD}
           ORDER BY expiration LIMIT CAST(:limit AS INTEGER))
         RETURNING expiration`,
      ),
      readEpoch: sql('read_epoch', `SELECT version, write_token, handle FROM ${table} WHERE session_id = :key`),
      raiseEpoch: sql(
        'raise_epoch',
        `INSERT INTO ${table} (session_id, payload, flash_data, handle, version, write_token, marker, created_at, created_ms, last_activity,
           last_activity_ms, expiration, expires_ms, lease_until_ms)
         VALUES (:key, '', '', :handle, 1, :writeToken, '${EPOCH_MARKER}', ${seconds(CLOCK)}, ${CLOCK}, ${seconds(CLOCK)}, ${CLOCK},
           ${collectAt(`(${CLOCK} + ${IDLE})`)}, ${CLOCK} + ${IDLE}, 0)
         ON CONFLICT (session_id) DO UPDATE SET version = version + 1, handle = excluded.handle, last_activity = excluded.last_activity,
           last_activity_ms = excluded.last_activity_ms, expiration = excluded.expiration, expires_ms = excluded.expires_ms`,
      ),
    },
  }
}

function sql(operation: string, text: string): NamedStatement {
  return statement('sqlite', operation, text)
}
