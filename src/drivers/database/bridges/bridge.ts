/** Which SQL a database speaks. `mysql` is MySQL 8, which cannot give back what it wrote; MariaDB can. */
export type Dialect = 'postgres' | 'mysql' | 'mariadb' | 'sqlite'

/** What is known of a database before it is asked: the wire protocol, which MySQL and MariaDB share. */
export type Family = 'postgres' | 'mysql' | 'sqlite'

/** Whole numbers up to 2^53, texts without NUL and without half a surrogate pair, or nothing. */
export type Value = string | number | null

/** Columns by their names. Whole numbers may come as numbers, texts or bigints: the driver takes any. */
export type Row = Readonly<Record<string, unknown>>

/** A statement with the dialect's own placeholders: `$1` and on, `?`, or `?1` and on. The same text always has the same name. */
export interface Statement {
  /** At most 63 bytes; begins with a letter, and goes on with letters, digits and `_`. */
  readonly name: string
  readonly text: string
  readonly returnsRows: boolean
}

export interface Answer {
  readonly rows: readonly Row[]
  /** Rows that were inserted, changed or deleted. MySQL may count those that a condition met and that were left as they are. */
  readonly affected: number
  /** What a MySQL statement put into `LAST_INSERT_ID(...)`; 0 where it did not. */
  readonly insertId: number
}

/**
 * What became of a statement that was not answered with a result.
 * - `refused`: it was not sent.
 * - `reply`: the database answered with an error, and did not carry it out.
 * - `unknown`: it was sent, or may have been, and no answer came.
 */
export type FailureKind = 'refused' | 'reply' | 'unknown'

/**
 * Why a database did not carry a statement out, as far as it decides what is done next.
 * - `contention`: a deadlock, a serialization failure, a lock that others hold: it may pass at once.
 * - `unready`: the server starts, is a replica, has no connection left: it may pass.
 * - `duplicate`: the key is taken.
 * - `unprepared`: a prepared statement is not known there, or another has its name: a pooler is in between.
 * - `missing`: no such table or column.
 */
export type FailureReason = 'contention' | 'unready' | 'duplicate' | 'unprepared' | 'missing' | 'other'

/**
 * What the driver needs of a client library. A bridge sends each statement once, in a transaction of its own, over any connection, and prepares it
 * where the library can. It closes nothing.
 */
export interface Bridge {
  readonly family: Family
  /** Prepares the client itself, such as for connections that it loses. Called before the first statement. */
  readonly open?: () => void | Promise<void>
  /** True when `run` itself gives an answer up at its bound, or is answered at once. */
  readonly boundsAnswers?: boolean
  readonly run: (statement: Statement, values: readonly Value[]) => Promise<Answer>
  readonly failureOf: (error: unknown) => SqlFailure
  /** From now on statements are sent without being prepared. Left out where nothing stays prepared on the server. */
  readonly stopPreparing?: () => void
}

/** How a bridge is made. */
export interface BridgeOptions {
  /** How long anybody waits for an answer, in milliseconds. */
  readonly boundMs: number
  /** `false`: statements are not prepared. */
  readonly prepare: boolean
}

/** What a client library threw, without what it hung on it: the statement with its values, which are ids and payloads. */
export class SqlFailure extends Error {
  override readonly name = 'SqlFailure'
  readonly kind: FailureKind
  readonly reason: FailureReason
  /** The database's code for it, such as `40P01` or `ER_LOCK_DEADLOCK`, or the system's, such as `ECONNRESET`. */
  readonly code: string | undefined

  constructor(kind: FailureKind, reason: FailureReason, message: string, code?: string) {
    super(message)
    this.kind = kind
    this.reason = reason
    this.code = code
  }
}
