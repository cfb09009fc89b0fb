import type { Answer, Dialect } from '../bridges/bridge.ts'
import type { NamedStatement } from '../statement.ts'

/** Each step of the driver as a statement. Conditions and instants are of the server's clock, as of when the statement runs. */
export interface Statements {
  /** Everything under a key, dead or alive, and the server's clock: the columns of `rows.ts`. */
  readonly read: NamedStatement
  /** The same without payload and flash. */
  readonly peek: NamedStatement
  /** Adds a row, and answers when it ends. A taken key: no answer, or the failure `duplicate`. */
  readonly insert: NamedStatement
  /** Removes a row that has expired and is not leased. */
  readonly removeDead: NamedStatement
  /** Writes over a version that nobody has leased. */
  readonly update: NamedStatement
  /** The same, if the session has the user whom it is written for. */
  readonly updateOfUser: NamedStatement
  readonly touch: NamedStatement
  /** Puts other texts into a version that nobody has leased, and answers when the row ends. */
  readonly rewrite: NamedStatement
  /** Takes the lease. What it answers depends on what the dialect can: see `canReturn`. */
  readonly acquire: NamedStatement
  /** Writes under a lease. */
  readonly commit: NamedStatement
  /** Gives a lease back or on, without a write. */
  readonly release: NamedStatement
  /** The same, and renews last activity and expiry. */
  readonly releaseTouched: NamedStatement
  readonly renew: NamedStatement
  readonly unlock: NamedStatement
  /** Puts a marker in a leased record's place. */
  readonly mark: NamedStatement
  /** Removes a leased record. */
  readonly removeLeased: NamedStatement
  /** Removes what is under a key, but for the marker of a rotation. Without RETURNING: if it is still at the version that was seen. */
  readonly destroy: NamedStatement
  readonly listAll: NamedStatement
  readonly listOfUser: NamedStatement
  /** All rows of ours, dead or alive, in the order of their keys, without payload and flash, and how many bytes those take. */
  readonly survey: NamedStatement
  /** Removes some rows that have expired, the oldest first, and answers with their `expiration` where it can. */
  readonly collect: NamedStatement
  readonly readEpoch: NamedStatement
  readonly raiseEpoch: NamedStatement
}

/** What one kind of database can, and how it is told. */
export interface DialectOf {
  readonly dialect: Dialect
  /**
   * Which statements give back rows that they wrote: `all`; `inserts` and deletes, but no updates (MariaDB); `none` (MySQL).
   * - `all`: `acquire` answers with the row if it took the lease.
   * - `inserts`: `acquire` answers with the row, taken or not, if there is one.
   * - `none`: `acquire` only says whether it took the lease.
   */
  readonly canReturn: 'all' | 'inserts' | 'none'
  readonly statements: Statements
  /** What a conditioned write answered: a number above 0, or `undefined` when the condition was not met. */
  readonly written: (answer: Answer) => number | undefined
}

/** An instant that a write leaves to the server's clock. The statements take the earlier of the two. */
export const NOW: number = Number.MAX_SAFE_INTEGER

/** No limit, as milliseconds: so long that it plays no part, and so short that adding it to an instant is still exact. */
export const ENDLESS_MS: number = 2 ** 52

/** Whether what is under a key lives, as SQL: the same in every dialect. A row of another program has no instants of ours, and none of this is true for it. */
export function alive(now: string): string {
  return `(expires_ms > ${now} OR lease_until_ms > ${now})`
}

/** Columns of a row without its texts, as they are asked for. */
export const HEAD: string = `handle, created_ms, authenticated_ms, regenerated_ms, last_activity_ms, expires_ms, user_id, ip_address, user_agent,
  version, write_token, marker, lease_token, lease_until_ms`

/** What every row of ours has. What lacks it cannot be read, and is neither touched nor removed. */
export const READABLE: string = `expires_ms IS NOT NULL AND lease_until_ms IS NOT NULL AND version > 0 AND write_token IS NOT NULL
  AND handle IS NOT NULL AND created_ms IS NOT NULL AND last_activity_ms IS NOT NULL
  AND (marker IS NULL OR (regenerated_ms IS NOT NULL AND (marker IN ('login', 'rotation') OR marker LIKE 'rotation:%' OR marker LIKE 'login:%')))`

/** How far ahead a stamp may be, in milliseconds, before it is taken for one of a clock that was wrong: others may just have written it. */
export const CLOCK_SLACK_MS: number = 60_000

/** Seconds of milliseconds, rounded up, for the columns that people and other programs read. */
export function seconds(instant: string, divide = '/'): string {
  return `(${instant} + 999) ${divide} 1000`
}

/**
 * The second in which a row may be collected: the end of the minute in which it ends. It is the indexed column, and most writes leave it as it is, so
 * that they need not touch the index.
 */
export function collectAt(expires: string, divide = '/'): string {
  return `(${expires} + 59999) ${divide} 60000 * 60`
}

/** How the name of an epoch's row begins. No session's key does: those are hex digits. */
export const EPOCH: string = 'user:'
/** What stands in the column of markers of an epoch's row. */
export const EPOCH_MARKER: string = 'epoch'

/** Whether a row is anything but the marker of a rotation: see `markerText`. */
export const LEADS_NOWHERE: string = `(marker IS NULL OR marker NOT LIKE 'rotation%')`

/** Whether a row is one of ours, readable or not: neither another program's, nor the count of a user's revocations. */
export const OURS: string = `(expires_ms IS NOT NULL OR write_token IS NOT NULL) AND (marker IS NULL OR marker <> '${EPOCH_MARKER}')`
