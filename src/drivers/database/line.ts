import { SessionError } from '../../session/errors.ts'
import { ReplyBound } from '../reply-bound.ts'
import { UnknownOutcome } from '../settle.ts'
import { type Answer, type Bridge, SqlFailure } from './bridges/bridge.ts'
import { adviceFor } from './failure-advice.ts'
import { type NamedStatement, type Parameters, valuesFor } from './statement.ts'
import { warnOnce } from './warning.ts'

const FIRST_PAUSE_MS = 5
const LONGEST_PAUSE_MS = 200

/**
 * Sends statements and says what became of them. Within its bound a statement is sent again while it is certain that it was not carried out and that
 * may change: a deadlock, a busy file, a server that starts, a connection that cannot be made yet.
 *
 * It rejects with `UnknownOutcome` when no answer came, and with `ERR_SESSION_DRIVER_FAILED` when it was not carried out.
 */
export class SqlLine {
  readonly #bridge: Bridge
  readonly #boundMs: number
  readonly #unreadyMs: number
  readonly #bound: ReplyBound
  #prepares = true

  /** @param unreadyMs How long a server that takes no writes is asked again: one that is read-only may stay so. */
  constructor(bridge: Bridge, boundMs: number, unreadyMs: number = boundMs) {
    this.#bridge = bridge
    this.#boundMs = boundMs
    this.#unreadyMs = unreadyMs
    this.#bound = new ReplyBound(
      boundMs,
      () => new SqlFailure('unknown', 'other', `The database did not answer within ${boundMs / 1000} seconds.`, 'ETIMEDOUT'),
    )
  }

  /** Runs a statement, and reads its answer. Every request comes through here: it takes as few promises as can be. */
  run<Result>(
    operation: string,
    statement: NamedStatement,
    values: Partial<Parameters>,
    read: (answer: Answer) => Result | Promise<Result>,
  ): Promise<Result> {
    const given = valuesFor(statement, values)
    const send = (): Promise<Answer> => {
      const answer = this.#bridge.run(statement, given)
      return this.#bridge.boundsAnswers === true ? answer : this.#bound.within(answer)
    }
    const startedAt = performance.now()
    return send().then(read, (error: unknown) => this.#insist(operation, send, startedAt, error).then(read))
  }

  async #insist(operation: string, send: () => Promise<Answer>, startedAt: number, error: unknown): Promise<Answer> {
    let failure = this.#passing(operation, error)
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      const mostMs = failure.reason === 'unready' ? this.#unreadyMs : this.#boundMs
      if (performance.now() + pauseMs - startedAt >= mostMs) throw notDone(operation, failure)
      // Those who met in a deadlock must not meet again.
      if (failure.reason !== 'unprepared') await new Promise((resolve) => setTimeout(resolve, pauseMs * (0.5 + Math.random() / 2)))
      try {
        return await send()
      } catch (again) {
        failure = this.#passing(operation, again)
      }
    }
  }

  /** A failure that may pass; any other is thrown. */
  #passing(operation: string, error: unknown): SqlFailure {
    const failure = error instanceof SqlFailure ? error : this.#bridge.failureOf(error)
    if (failure.kind === 'unknown') throw new UnknownOutcome(operation, { cause: failure })
    if (failure.reason === 'unprepared' && this.#unprepares()) return failure
    if (failure.reason !== 'contention' && failure.reason !== 'unready') throw notDone(operation, failure)
    return failure
  }

  /** A pooler that gives each statement another connection knows no prepared ones. It is found out once; those under way may meet it too. */
  #unprepares(): boolean {
    if (this.#bridge.stopPreparing === undefined) return false
    if (this.#prepares) {
      this.#prepares = false
      this.#bridge.stopPreparing()
      warnOnce(
        'Prepared statements are not used any more: they are lost between the database and its client, as behind PgBouncer before 1.21 (say so with ' +
          '`prepare: false`), or the table was changed since they were made.',
      )
    }
    return true
  }
}

/** The error for an operation that was certainly not carried out. */
export function notDone(operation: string, failure: SqlFailure): SessionError {
  return SessionError.driverFailed(operation, adviceFor(failure, operation), { cause: failure })
}
