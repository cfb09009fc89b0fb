import { SessionError } from '../../../session/errors.ts'
import type { Answer } from '../bridges/bridge.ts'
import { statement, type NamedStatement } from '../statement.ts'
import { CLOCK_SLACK_MS, type DialectOf, EPOCH_MARKER, HEAD, LEADS_NOWHERE, OURS, READABLE, alive, collectAt, seconds } from './dialect.ts'

/**
 * The clock in milliseconds, as of the statement's start. It is counted in UTC: a server's own time zone may have an hour twice. A statement that waits for a row
 * goes on with that time, and would let in what has ended meanwhile: on MariaDB it waits for less than anybody waits for its answer.
 */
const CLOCK = "(TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', UTC_TIMESTAMP(3)) DIV 1000)"

// Clients bind numbers as floating point or as text: a cast keeps them whole.
const IDLE = 'CAST(:idleMs AS SIGNED)'
const ABSOLUTE = 'CAST(:absoluteMs AS SIGNED)'
const LEASE_END = `COALESCE(${CLOCK} + CAST(:leaseMs AS SIGNED), 0)`
const CREATED = `LEAST(CAST(:createdAt AS SIGNED), ${CLOCK})`
// LEAST of MySQL gives NULL when one of the two is, as is wanted here.
const AUTHENTICATED = `LEAST(CAST(:authenticatedAt AS SIGNED), ${CLOCK})`
const REGENERATED = `LEAST(CAST(:regeneratedAt AS SIGNED), ${CLOCK})`
const EXPIRES = `LEAST(${CLOCK} + ${IDLE}, COALESCE(${AUTHENTICATED}, ${CREATED}) + ${ABSOLUTE})`

// No UPDATE gives back what it wrote, but LAST_INSERT_ID(n) goes back with its answer. Assignments are made from left to right, and later ones see
// what earlier ones wrote: what a row had before is used first.
const ANSWER = (value: string): string => `LAST_INSERT_ID(${value})`
const ends = (expires: string): string => `expires_ms = ${ANSWER(expires)}, expiration = ${collectAt('expires_ms', 'DIV')}`

const RECORD = `payload = :payload, flash_data = :flash, handle = :handle, user_id = :userId, ip_address = :ipAddress, user_agent = :userAgent,
  version = version + 1, write_token = :writeToken,
  created_ms = ${CREATED}, created_at = ${seconds('created_ms', 'DIV')}, authenticated_ms = ${AUTHENTICATED}, regenerated_ms = ${REGENERATED},
  last_activity = ${seconds(CLOCK, 'DIV')}, last_activity_ms = ${CLOCK},
  ${ends(`LEAST(${CLOCK} + ${IDLE}, COALESCE(authenticated_ms, created_ms) + ${ABSOLUTE})`)}`

const TEXTS = `payload = :payload, flash_data = :flash, version = version + 1, write_token = :writeToken, expires_ms = ${ANSWER('expires_ms')}`

// A stamp in the future is of a clock that was wrong: then the expiry is taken anew, else it only moves later.
const END = `LEAST(${CLOCK} + ${IDLE}, LEAST(COALESCE(authenticated_ms, created_ms), ${CLOCK}) + ${ABSOLUTE})`
const TOUCH = `${ends(`IF(last_activity_ms > ${CLOCK} + ${CLOCK_SLACK_MS}, ${END}, GREATEST(expires_ms, ${END}))`)},
  last_activity = ${seconds(CLOCK, 'DIV')}, last_activity_ms = ${CLOCK}`
const MARKER_END = `${CLOCK} + LEAST(GREATEST(expires_ms - ${CLOCK}, CAST(:minimumMs AS SIGNED)), CAST(:maximumMs AS SIGNED))`

const LEASED = `session_id = :key AND lease_token = :token AND lease_until_ms > ${CLOCK}`
const AT_VERSION = 'version = :version AND write_token = :from AND marker IS NULL'
const FREE = `lease_until_ms <= ${CLOCK} AND expires_ms > ${CLOCK} AND marker IS NULL`
const DEAD = `expires_ms <= ${CLOCK} AND lease_until_ms <= ${CLOCK}`
const HOLD_ON = `lease_token = :keepToken, lease_until_ms = ${LEASE_END}`

// Server and client spend on each column of each answer, the client most on what describes them: those of the statements that every request waits for
// come as one. As text, since some clients take JSON apart themselves.
const PACKED_HEAD = `CAST(JSON_ARRAY(${HEAD}, ${CLOCK}) AS CHAR) AS head`

/** It counts in seconds: less than one is not at all. */
const LEAST_WAIT_MS = 1000

/**
 * @param table Its name, quoted.
 * @param canReturn MariaDB has RETURNING for inserts and deletes, MySQL 8 for nothing, nor settings for one statement.
 * @param lockMs How long a statement may wait for a row at most, in milliseconds.
 */
export function mysqlDialect(table: string, canReturn: 'inserts' | 'none', lockMs: number): DialectOf {
  const patience = canReturn === 'none' ? '' : `SET STATEMENT innodb_lock_wait_timeout = ${lockMs < LEAST_WAIT_MS ? 0 : 1} FOR `
  const write = (operation: string, text: string): NamedStatement => sql(operation, patience + text)
  return {
    dialect: canReturn === 'none' ? 'mysql' : 'mariadb',
    canReturn,
    written,
    statements: {
      read: sql('read', `SELECT payload, flash_data, ${PACKED_HEAD} FROM ${table} WHERE session_id = :key`),
      peek: sql('peek', `SELECT ${HEAD}, ${CLOCK} AS now FROM ${table} WHERE session_id = :key`),
      insert: write(
        'insert',
        `INSERT INTO ${table} (session_id, payload, flash_data, handle, user_id, ip_address, user_agent, version, write_token, created_at, created_ms,
           authenticated_ms, regenerated_ms, last_activity, last_activity_ms, expiration, expires_ms, lease_token, lease_until_ms)
         VALUES (:key, :payload, :flash, :handle, :userId, :ipAddress, :userAgent, 1, :writeToken, ${seconds(CREATED, 'DIV')}, ${CREATED},
           ${AUTHENTICATED}, ${REGENERATED}, ${seconds(CLOCK, 'DIV')}, ${CLOCK}, ${collectAt(EXPIRES, 'DIV')}, ${ANSWER(EXPIRES)},
           :keepToken, ${LEASE_END})`,
      ),
      removeDead: write('remove_dead', `DELETE FROM ${table} WHERE session_id = :key AND ${DEAD}`),
      update: write('update', `UPDATE ${table} SET ${RECORD} WHERE session_id = :key AND ${AT_VERSION} AND ${FREE}`),
      // Spaces at the end play no part in its comparisons.
      updateOfUser: write(
        'update_of_user',
        `UPDATE ${table} SET ${RECORD}
         WHERE session_id = :key AND ${AT_VERSION} AND user_id = :userId AND CHAR_LENGTH(user_id) = CHAR_LENGTH(:userId) AND ${FREE}`,
      ),
      touch: write('touch', `UPDATE ${table} SET ${TOUCH} WHERE session_id = :key AND ${AT_VERSION} AND ${FREE} AND ${READABLE}`),
      rewrite: write('rewrite', `UPDATE ${table} SET ${TEXTS} WHERE session_id = :key AND ${AT_VERSION} AND ${FREE} AND ${READABLE}`),
      acquire: write('acquire', canReturn === 'none' ? takeIn(table) : takeAndReadIn(table)),
      commit: write('commit', `UPDATE ${table} SET ${RECORD}, ${HOLD_ON} WHERE ${LEASED} AND ${AT_VERSION}`),
      release: write('release', `UPDATE ${table} SET expires_ms = ${ANSWER('expires_ms')}, ${HOLD_ON} WHERE ${LEASED} AND ${AT_VERSION}`),
      releaseTouched: write('release_touched', `UPDATE ${table} SET ${TOUCH}, ${HOLD_ON} WHERE ${LEASED} AND ${AT_VERSION}`),
      renew: write('renew', `UPDATE ${table} SET lease_until_ms = ${ANSWER(LEASE_END)} WHERE ${LEASED}`),
      unlock: write('unlock', `UPDATE ${table} SET lease_token = NULL, lease_until_ms = ${ANSWER('1')} - 1 WHERE ${LEASED}`),
      mark: write(
        'mark',
        `UPDATE ${table} SET payload = '', flash_data = '', user_id = NULL, ip_address = NULL, user_agent = NULL, marker = :marker,
           version = version + 1, write_token = :writeToken, regenerated_ms = ${CLOCK}, ${ends(MARKER_END)}, lease_token = NULL, lease_until_ms = 0
         WHERE ${LEASED} AND ${AT_VERSION}`,
      ),
      removeLeased: write('remove_leased', `DELETE FROM ${table} WHERE ${LEASED} AND ${AT_VERSION}`),
      destroy:
        canReturn === 'none'
          ? write(
              'destroy',
              `DELETE FROM ${table} WHERE session_id = :key AND ${LEADS_NOWHERE} AND version = :version AND write_token = :from`,
            )
          : write(
              'destroy',
              `DELETE FROM ${table} WHERE session_id = :key AND ${LEADS_NOWHERE} AND ${READABLE} RETURNING ${HEAD}, ${CLOCK} AS now`,
            ),
      listAll: sql(
        'list_all',
        `SELECT session_id, ${HEAD}, ${CLOCK} AS now FROM ${table}
         WHERE session_id > :after AND marker IS NULL AND ${alive(CLOCK)} ORDER BY session_id LIMIT :limit`,
      ),
      listOfUser: sql(
        'list_of_user',
        `SELECT session_id, ${HEAD}, ${CLOCK} AS now FROM ${table}
         WHERE user_id = :userId AND session_id > :after AND marker IS NULL AND ${alive(CLOCK)} ORDER BY session_id LIMIT :limit`,
      ),
      survey: sql(
        'survey',
        `SELECT session_id, ${HEAD}, ${CLOCK} AS now, COALESCE(LENGTH(payload), 0) + COALESCE(LENGTH(flash_data), 0) AS bytes
         FROM ${table} WHERE session_id > :after AND ${OURS} ORDER BY session_id LIMIT :limit`,
      ),
      collect: write(
        'collect',
        `DELETE FROM ${table} WHERE expiration >= :reached AND expiration <= ${collectAt(CLOCK, 'DIV')} AND ${DEAD} ORDER BY expiration LIMIT :limit
         ${canReturn === 'none' ? '' : 'RETURNING expiration'}`,
      ),
      readEpoch: sql('read_epoch', `SELECT version, write_token, handle FROM ${table} WHERE session_id = :key`),
      raiseEpoch: write(
        'raise_epoch',
        `INSERT INTO ${table} (session_id, payload, flash_data, handle, version, write_token, marker, created_at, created_ms, last_activity,
           last_activity_ms, expiration, expires_ms, lease_until_ms)
         VALUES (:key, '', '', :handle, 1, :writeToken, '${EPOCH_MARKER}', ${seconds(CLOCK, 'DIV')}, ${CLOCK}, ${seconds(CLOCK, 'DIV')}, ${CLOCK},
           ${collectAt(`(${CLOCK} + ${IDLE})`, 'DIV')}, ${CLOCK} + ${IDLE}, 0)
         ON DUPLICATE KEY UPDATE version = version + 1, handle = VALUES(handle), last_activity = VALUES(last_activity),
           last_activity_ms = VALUES(last_activity_ms), expiration = VALUES(expiration), expires_ms = VALUES(expires_ms)`,
      ),
    },
  }
}

/** Any statement of a trigger takes the place of what `LAST_INSERT_ID(n)` has put into the answer: such a write is not taken for a refused one. */
function written({ insertId, affected }: Answer): number | undefined {
  if (insertId === 0 && affected > 0)
    throw SessionError.driverFailed('write', 'It was carried out, but a trigger on the table takes the answer away: drop the trigger.')
  return insertId > 0 ? insertId : undefined
}

/** Takes the lease, and says so. What is there is read in a second statement, under the lease. */
function takeIn(table: string): string {
  return `UPDATE ${table} SET lease_token = :token, lease_until_ms = ${ANSWER(LEASE_END)}
    WHERE session_id = :key AND marker IS NULL AND (
      (lease_until_ms <= ${CLOCK} AND expires_ms > ${CLOCK}) OR (lease_until_ms > ${CLOCK} AND lease_token = :token))`
}

/**
 * Takes the lease and reads in one statement: an insert that always finds its key taken, since it inserts what it reads there, and nothing where
 * nothing is. It locks the row as it reads it: two that only shared it could not both go on to write.
 */
function takeAndReadIn(table: string): string {
  const mayTake = `${table}.marker IS NULL AND (
    (${table}.lease_until_ms <= ${CLOCK} AND ${table}.expires_ms > ${CLOCK}) OR (${table}.lease_until_ms > ${CLOCK} AND ${table}.lease_token = :token))`
  // The token is on the row by then if it was taken. It may also be left from a lease that has ended on a record that has.
  const wasTaken = `${table}.lease_token = :token AND ${table}.marker IS NULL AND (${table}.expires_ms > ${CLOCK} OR ${table}.lease_until_ms > ${CLOCK})`
  return `INSERT INTO ${table} (session_id, payload, flash_data, created_at, last_activity, expiration)
    SELECT found.session_id, '', '', 0, 0, 0 FROM ${table} AS found WHERE found.session_id = :key FOR UPDATE
    ON DUPLICATE KEY UPDATE lease_token = IF(${mayTake}, :token, ${table}.lease_token),
      lease_until_ms = IF(${wasTaken}, ${CLOCK} + CAST(:leaseMs AS SIGNED), ${table}.lease_until_ms)
    RETURNING payload, flash_data, ${PACKED_HEAD}`
}

function sql(operation: string, text: string): NamedStatement {
  return statement('mysql', operation, text)
}
