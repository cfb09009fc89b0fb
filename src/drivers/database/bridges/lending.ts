import { Deadlines } from '../../deadlines.ts'
import { type Answer, SqlFailure } from './bridge.ts'

/** Connections that are lent for one statement each. */
export interface Lending<Connection> {
  /** It may say how to leave the line, for who waits for one no longer. Where it does not, who waits keeps its place. */
  readonly borrow: (orLeave: (leave: () => void) => void) => Promise<Connection>
  readonly giveBack: (connection: Connection) => void
  /** For one that did not answer, or whose state nobody knows. Left out, it is kept until it answers. */
  readonly throwAway?: (connection: Connection) => void
  /** What became of a statement. A connection that answered is given back. */
  readonly failureOf: (error: unknown) => SqlFailure
  /** What an error of `borrow` means: nothing was sent. */
  readonly refusalOf: (error: unknown) => SqlFailure
}

/**
 * Runs a statement on a connection that is lent for it alone.
 *
 * Clients keep what they cannot send yet for as long as it takes, and would send it long after everybody has given it up. So the wait for a
 * connection ends at half the bound, when it is certain that nothing was sent. A connection that has not answered within the bound is thrown away.
 */
export function onConnection<Connection>(
  lending: Lending<Connection>,
  boundMs: number,
  use: (connection: Connection) => Promise<Answer>,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const waits = deadlinesOf(boundMs / 2)
    let isLate = false
    let leave: (() => void) | undefined
    const wait = waits.watch(() => {
      isLate = true
      leave?.()
      reject(noneFree(boundMs))
    })
    const borrowing = lending.borrow((how) => {
      leave = how
    })
    borrowing.then(
      (connection) => {
        waits.end(wait)
        if (isLate) lending.giveBack(connection)
        else useLent({ lending, connection, boundMs, resolve, reject }, begun(use, connection))
      },
      (error: unknown) => {
        waits.end(wait)
        reject(lending.refusalOf(error))
      },
    )
  })
}

/** A client may throw at once. */
async function begun<Connection>(use: (connection: Connection) => Promise<Answer>, connection: Connection): Promise<Answer> {
  return use(connection)
}

interface Loan<Connection> {
  readonly lending: Lending<Connection>
  readonly connection: Connection
  readonly boundMs: number
  readonly resolve: (answer: Answer) => void
  readonly reject: (failure: SqlFailure) => void
}

function useLent<Connection>({ lending, connection, boundMs, resolve, reject }: Loan<Connection>, answering: Promise<Answer>): void {
  const { giveBack, throwAway = giveBack } = lending
  const answers = deadlinesOf(boundMs)
  let isLent = true
  const end = (how: (connection: Connection) => void): void => {
    if (!isLent) return
    isLent = false
    answers.end(pending)
    how(connection)
  }
  const pending = answers.watch(() => {
    if (lending.throwAway !== undefined) end(lending.throwAway)
    reject(new SqlFailure('unknown', 'other', `The database did not answer within ${boundMs / 1000} seconds.`, 'ETIMEDOUT'))
  })
  answering.then(
    (answer) => {
      resolve(answer)
      end(giveBack)
    },
    (error: unknown) => {
      const failure = lending.failureOf(error)
      reject(failure)
      end(failure.kind === 'reply' ? giveBack : throwAway)
    },
  )
}

const allDeadlines = new Map<number, Deadlines>()

/** One timer for all that is waited for as long. */
function deadlinesOf(boundMs: number): Deadlines {
  const known = allDeadlines.get(boundMs)
  if (known !== undefined) return known
  const made = new Deadlines(boundMs)
  allDeadlines.set(boundMs, made)
  return made
}

/** The failure of a wait that half the bound has ended. */
export function noneFree(boundMs: number): SqlFailure {
  return new SqlFailure('refused', 'unready', `No connection to the database was free within ${boundMs / 2000} seconds.`, 'ETIMEDOUT')
}

const LONGEST_TIMER_MS = 2 ** 31 - 1

/** A timer, of which those that are too long for one never come. */
export function after(milliseconds: number, then: () => void): ReturnType<typeof setTimeout> {
  return setTimeout(then, Math.min(milliseconds, LONGEST_TIMER_MS))
}

/** Lends a single connection to one statement after another, whichever bridge they come from. */
export function lendingOne<Connection extends object>(
  connection: Connection,
  failures: Pick<Lending<Connection>, 'failureOf' | 'refusalOf'>,
): Lending<Connection> {
  const turns = allTurns.get(connection) ?? new Turns()
  allTurns.set(connection, turns)
  return {
    ...failures,
    borrow: async (orLeave) => {
      await turns.take(orLeave)
      return connection
    },
    giveBack: () => turns.pass(),
  }
}

class Turns {
  readonly #waiting = new Set<() => void>()
  #isTaken = false

  take(orLeave: (leave: () => void) => void): Promise<void> {
    return new Promise((resolve) => {
      if (this.#isTaken) {
        this.#waiting.add(resolve)
        orLeave(() => this.#waiting.delete(resolve))
      } else {
        this.#isTaken = true
        resolve()
      }
    })
  }

  pass(): void {
    const [next] = this.#waiting
    if (next === undefined) this.#isTaken = false
    else {
      this.#waiting.delete(next)
      next()
    }
  }
}

const allTurns = new WeakMap<object, Turns>()
