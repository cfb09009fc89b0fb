import type { Answer } from '../bridges/bridge.ts'
import { statement, type NamedStatement } from '../statement.ts'
import { CLOCK_SLACK_MS, type DialectOf, EPOCH_MARKER, HEAD, LEADS_NOWHERE, OURS, READABLE, alive, collectAt, seconds } from './dialect.ts'

/** The wall clock in milliseconds. `now()` would be the transaction's, and `extract` reckons in decimals, which takes longer. */
const NOW_MS = "CAST(floor(date_part('epoch', clock_timestamp()) * 1000) AS bigint)"
/** As a subquery of its own it is read once a statement. */
const CLOCK = `(SELECT ${NOW_MS} AS now) AS clock`
/**
 * The clock of a write. A statement that waits for a row goes on with the time at which it began, and is not always checked anew: it would let in what has
 * ended meanwhile. So it waits for less than anybody waits for its answer. The setting ends with the statement.
 */
const WRITE_CLOCK = `(SELECT ${NOW_MS} AS now, set_config('lock_timeout', '{lockMs}', true) AS patience) AS clock`

const DURATIONS = 'CAST(:idleMs AS bigint)'
const CREATED = 'LEAST(CAST(:createdAt AS bigint), clock.now)'
// LEAST of PostgreSQL passes over NULL, which here must stay one.
const AUTHENTICATED = earlier(':authenticatedAt')
const REGENERATED = earlier(':regeneratedAt')

/** The instants of a write, on the server's clock. */
const MOMENTS = `(SELECT now, created, authenticated, regenerated,
    LEAST(now + ${DURATIONS}, COALESCE(authenticated, created) + CAST(:absoluteMs AS bigint)) AS expires
  FROM (SELECT clock.now, ${CREATED} AS created, ${AUTHENTICATED} AS authenticated, ${REGENERATED} AS regenerated FROM ${WRITE_CLOCK}) AS instants) AS moments`

const RECORD = `payload = :payload, flash_data = :flash, handle = :handle, user_id = :userId, ip_address = :ipAddress, user_agent = :userAgent,
  version = session.version + 1, write_token = :writeToken,
  created_at = ${seconds('moments.created')}, created_ms = moments.created,
  authenticated_ms = moments.authenticated, regenerated_ms = moments.regenerated,
  last_activity = ${seconds('moments.now')}, last_activity_ms = moments.now,
  expiration = ${collectAt('moments.expires')}, expires_ms = moments.expires`

const TEXTS = 'payload = :payload, flash_data = :flash, version = session.version + 1, write_token = :writeToken'

// A stamp in the future is of a clock that was wrong: then the expiry is taken anew, else it only moves later.
const END = `LEAST(clock.now + ${DURATIONS},
  LEAST(COALESCE(session.authenticated_ms, session.created_ms), clock.now) + CAST(:absoluteMs AS bigint))`
const TOUCHED = `CASE WHEN session.last_activity_ms > clock.now + ${CLOCK_SLACK_MS} THEN ${END} ELSE GREATEST(session.expires_ms, ${END}) END`
const TOUCH = `last_activity = ${seconds('clock.now')}, last_activity_ms = clock.now,
  expiration = ${collectAt(`(${TOUCHED})`)}, expires_ms = ${TOUCHED}`

const LEASED = (now: string): string => `session.session_id = :key AND session.lease_token = :token AND session.lease_until_ms > ${now}`
const AT_VERSION = 'session.version = CAST(:version AS bigint) AND session.write_token = :from AND session.marker IS NULL'
const FREE = (now: string): string => `session.lease_until_ms <= ${now} AND session.expires_ms > ${now} AND session.marker IS NULL`
const HOLD_ON = (now: string): string => `lease_token = :keepToken, lease_until_ms = COALESCE(${now} + CAST(:leaseMs AS bigint), 0)`

// What a lease is worth after a crash of the server is nothing: whoever holds it is refused, and nothing is lost. So its commit need not wait for
// the disk. The setting ends with the statement.
const UNSYNCED = "set_config('synchronous_commit', 'off', true) AS unsynced"

/** Whoever still waits then asks again, with a new look at the clock. */
const LOCK_MS = 200

// Clients and server spend on each column of each answer: those of the statements that every request waits for come as one.
const PACKED_HEAD = `CAST(json_build_array(${HEAD.replaceAll(/\w+/g, 'session.$&')}, clock.now) AS text) AS head`

/**
 * @param table Its name, quoted.
 * @param lockMs How long a statement may wait for a row at most, in milliseconds.
 */
export function postgresDialect(table: string, lockMs: number): DialectOf {
  const sql = (operation: string, text: string): NamedStatement =>
    statement('postgres', operation, text.replaceAll('{lockMs}', String(Math.max(1, Math.floor(Math.min(lockMs, LOCK_MS))))))
  const session = `${table} AS session`
  const row = HEAD.replaceAll(/\w+/g, 'session.$&')
  return {
    dialect: 'postgres',
    canReturn: 'all',
    written: ({ rows }: Answer) => (rows[0] === undefined ? undefined : Number(rows[0]['answer'])),
    statements: {
      read: sql(
        'read',
        `SELECT session.payload, session.flash_data, ${PACKED_HEAD} FROM ${session}, ${CLOCK} WHERE session.session_id = :key`,
      ),
      peek: sql('peek', `SELECT ${HEAD}, clock.now FROM ${table}, ${CLOCK} WHERE session_id = :key`),
      insert: sql(
        'insert',
        `INSERT INTO ${table} (session_id, payload, flash_data, handle, user_id, ip_address, user_agent, version, write_token, created_at, created_ms,
           authenticated_ms, regenerated_ms, last_activity, last_activity_ms, expiration, expires_ms, lease_token, lease_until_ms)
         SELECT :key, :payload, :flash, :handle, :userId, :ipAddress, :userAgent, 1, :writeToken, ${seconds('created')}, created,
           authenticated, regenerated, ${seconds('now')}, now, ${collectAt('expires')}, expires,
           :keepToken, COALESCE(now + CAST(:leaseMs AS bigint), 0)
         FROM ${MOMENTS}
         ON CONFLICT (session_id) DO NOTHING RETURNING expires_ms AS answer`,
      ),
      removeDead: sql(
        'remove_dead',
        `DELETE FROM ${session} USING ${WRITE_CLOCK}
         WHERE session.session_id = :key AND session.expires_ms <= clock.now AND session.lease_until_ms <= clock.now RETURNING 1 AS answer`,
      ),
      update: sql(
        'update',
        `UPDATE ${session} SET ${RECORD} FROM ${MOMENTS}
         WHERE session.session_id = :key AND ${AT_VERSION} AND ${FREE('moments.now')} RETURNING session.expires_ms AS answer`,
      ),
      updateOfUser: sql(
        'update_of_user',
        `UPDATE ${session} SET ${RECORD} FROM ${MOMENTS}
         WHERE session.session_id = :key AND ${AT_VERSION} AND session.user_id = :userId AND ${FREE('moments.now')}
         RETURNING session.expires_ms AS answer`,
      ),
      touch: sql(
        'touch',
        `UPDATE ${session} SET ${TOUCH} FROM ${WRITE_CLOCK}
         WHERE session.session_id = :key AND ${FREE('clock.now')}
           AND ${READABLE} AND (CAST(:version AS bigint) IS NULL OR (session.version = CAST(:version AS bigint) AND session.write_token = :from))
         RETURNING session.expires_ms AS answer, session.version, session.write_token, ${UNSYNCED}`,
      ),
      rewrite: sql(
        'rewrite',
        `UPDATE ${session} SET ${TEXTS} FROM ${WRITE_CLOCK}
         WHERE session.session_id = :key AND ${AT_VERSION} AND ${FREE('clock.now')} AND ${READABLE} RETURNING session.expires_ms AS answer`,
      ),
      acquire: sql(
        'acquire',
        `UPDATE ${session} SET lease_token = :token, lease_until_ms = clock.now + CAST(:leaseMs AS bigint) FROM ${WRITE_CLOCK}
         WHERE session.session_id = :key AND session.marker IS NULL AND (
           (session.lease_until_ms <= clock.now AND session.expires_ms > clock.now)
           OR (session.lease_until_ms > clock.now AND session.lease_token = :token))
         RETURNING session.payload, session.flash_data, ${PACKED_HEAD}, ${UNSYNCED}`,
      ),
      commit: sql(
        'commit',
        `UPDATE ${session} SET ${RECORD}, ${HOLD_ON('moments.now')} FROM ${MOMENTS}
         WHERE ${LEASED('moments.now')} AND ${AT_VERSION} RETURNING session.expires_ms AS answer`,
      ),
      release: sql(
        'release',
        `UPDATE ${session} SET ${HOLD_ON('clock.now')} FROM ${WRITE_CLOCK}
         WHERE ${LEASED('clock.now')} AND ${AT_VERSION} RETURNING session.expires_ms AS answer, ${UNSYNCED}`,
      ),
      releaseTouched: sql(
        'release_touched',
        `UPDATE ${session} SET ${TOUCH}, ${HOLD_ON('clock.now')} FROM ${WRITE_CLOCK}
         WHERE ${LEASED('clock.now')} AND ${AT_VERSION} RETURNING session.expires_ms AS answer, ${UNSYNCED}`,
      ),
      renew: sql(
        'renew',
        `UPDATE ${session} SET lease_until_ms = clock.now + CAST(:leaseMs AS bigint) FROM ${WRITE_CLOCK}
         WHERE ${LEASED('clock.now')} RETURNING 1 AS answer, ${UNSYNCED}`,
      ),
      unlock: sql(
        'unlock',
        `UPDATE ${session} SET lease_token = NULL, lease_until_ms = 0 FROM ${WRITE_CLOCK}
         WHERE ${LEASED('clock.now')} RETURNING 1 AS answer, ${UNSYNCED}`,
      ),
      mark: sql(
        'mark',
        `UPDATE ${session} SET payload = '', flash_data = '', user_id = NULL, ip_address = NULL, user_agent = NULL, marker = :marker,
           version = session.version + 1, write_token = :writeToken, regenerated_ms = clock.now, lease_token = NULL, lease_until_ms = 0,
           expiration = ${collectAt(MARKER_END)}, expires_ms = ${MARKER_END}
         FROM ${WRITE_CLOCK} WHERE ${LEASED('clock.now')} AND ${AT_VERSION} RETURNING session.expires_ms AS answer`,
      ),
      removeLeased: sql(
        'remove_leased',
        `DELETE FROM ${session} USING ${WRITE_CLOCK} WHERE ${LEASED('clock.now')} AND ${AT_VERSION} RETURNING 1 AS answer`,
      ),
      destroy: sql(
        'destroy',
        `DELETE FROM ${session} USING ${WRITE_CLOCK} WHERE session.session_id = :key AND ${LEADS_NOWHERE} AND ${READABLE} RETURNING ${row}, clock.now`,
      ),
      listAll: sql(
        'list_all',
        `SELECT session_id, ${HEAD}, clock.now FROM ${table}, ${CLOCK}
         WHERE session_id > :after AND marker IS NULL AND ${alive('clock.now')} ORDER BY session_id LIMIT CAST(:limit AS bigint)`,
      ),
      // By the pair: where it sees how few keys are left, it would else read them all to sort them, instead of a page in the order of the index.
      listOfUser: sql(
        'list_of_user',
        `SELECT session_id, ${HEAD}, clock.now FROM ${table}, ${CLOCK}
         WHERE user_id = :userId AND (user_id, session_id) > (:userId, :after) AND marker IS NULL AND ${alive('clock.now')}
         ORDER BY session_id LIMIT CAST(:limit AS bigint)`,
      ),
      // Those that others hold a lock on are left for the next time. The bound is a query of its own: a value that is read once, and can lead through
      // the index.
      survey: sql(
        'survey',
        `SELECT session_id, ${HEAD}, clock.now, COALESCE(pg_column_size(payload), 0) + COALESCE(pg_column_size(flash_data), 0) AS bytes
         FROM ${table}, ${CLOCK} WHERE session_id > :after AND ${OURS} ORDER BY session_id LIMIT CAST(:limit AS bigint)`,
      ),
      collect: sql(
        'collect',
        `DELETE FROM ${session} USING ${WRITE_CLOCK}
         WHERE session.ctid = ANY (ARRAY(
             SELECT old.ctid FROM ${table} AS old, ${CLOCK}
             WHERE expiration >= CAST(:reached AS bigint) AND expiration <= (SELECT ${collectAt('clock.now')} FROM ${CLOCK})
               AND expires_ms <= clock.now AND lease_until_ms <= clock.now
             ORDER BY expiration LIMIT CAST(:limit AS bigint) FOR UPDATE OF old SKIP LOCKED))
           AND session.expires_ms <= clock.now AND session.lease_until_ms <= clock.now
         RETURNING session.expiration`,
      ),
      readEpoch: sql('read_epoch', `SELECT version, write_token, handle FROM ${table} WHERE session_id = :key`),
      raiseEpoch: sql(
        'raise_epoch',
        `INSERT INTO ${table} AS session (session_id, payload, flash_data, handle, version, write_token, marker, created_at, created_ms, last_activity,
           last_activity_ms, expiration, expires_ms, lease_until_ms)
         SELECT :key, '', '', :handle, 1, :writeToken, '${EPOCH_MARKER}', ${seconds('now')}, now, ${seconds('now')}, now,
           ${collectAt('(now + CAST(:idleMs AS bigint))')}, now + CAST(:idleMs AS bigint), 0
         FROM ${WRITE_CLOCK}
         ON CONFLICT (session_id) DO UPDATE SET version = session.version + 1, handle = excluded.handle, last_activity = excluded.last_activity,
           last_activity_ms = excluded.last_activity_ms, expiration = excluded.expiration, expires_ms = excluded.expires_ms`,
      ),
    },
  }
}

const MARKER_END = `(clock.now + LEAST(GREATEST(session.expires_ms - clock.now, CAST(:minimumMs AS bigint)), CAST(:maximumMs AS bigint)))`

function earlier(parameter: string): string {
  return `CASE WHEN CAST(${parameter} AS bigint) < clock.now THEN CAST(${parameter} AS bigint) WHEN CAST(${parameter} AS bigint) IS NOT NULL THEN clock.now END`
}
