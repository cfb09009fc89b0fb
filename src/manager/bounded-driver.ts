import type { ListOptions, ListingDriver, LockingDriver, RewritingDriver, SessionDriver } from '../contracts/driver.ts'
import { SessionError } from '../session/errors.ts'
import { Roster } from '../session/roster.ts'
import type { Rostered } from '../session/roster.ts'
import { quietInterval, quietTimeout } from '../session/runtime.ts'

interface Pending extends Rostered {
  /** On the clock of `performance.now()`. */
  readonly since: number
  readonly late: () => void
}

/** Watches, from one timer, that answers come within a bound. */
export class AnswerBound {
  readonly #boundMs: number
  readonly #pending = new Roster<Pending>()
  #timer: ReturnType<typeof setInterval> | undefined

  constructor(boundMs: number) {
    this.#boundMs = boundMs
  }

  /**
   * The answer, or `ERR_SESSION_DRIVER_FAILED` when it does not come. Then it is not known what the store did. What is thrown comes as a
   * rejection: a driver of somebody else's may throw where it should reject.
   */
  within<Answer>(operation: string, ask: () => Promise<Answer>): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const late = (): void => {
        const why = `The store did not answer within ${this.#boundMs / 1000} seconds.`
        reject(SessionError.driverFailed(operation, why, { cause: new DOMException(why, 'TimeoutError') }))
      }
      const pending: Pending = { since: performance.now(), late, place: -1 }
      const answer = ask()
      this.#pending.add(pending)
      answer.then(
        (value) => {
          this.#pending.remove(pending)
          resolve(value)
        },
        (error: unknown) => {
          this.#pending.remove(pending)
          reject(error)
        },
      )
      this.#timer ??= quietInterval(() => this.#tick(), Math.min(1000, this.#boundMs / 4))
    })
  }

  #tick(): void {
    if (this.#pending.size === 0) {
      clearInterval(this.#timer)
      this.#timer = undefined
      return
    }
    const now = performance.now()
    for (const pending of this.#pending.all()) {
      if (now - pending.since < this.#boundMs) continue
      this.#pending.remove(pending)
      // Where the process stood still its answer may have come, and nobody has looked yet: until then somebody will.
      quietTimeout(pending.late, this.#boundMs / 16)
    }
  }
}

/**
 * A driver each of whose answers comes within a bound or is a failure: the driver itself, if it says so, or one around it. No request waits for
 * ever for a store that never answers. Collections may take long and are not bounded.
 */
export function boundedDriver(driver: SessionDriver, bound: AnswerBound): SessionDriver {
  return driver.boundsAnswers === true ? driver : around(driver, bound)
}

function around(driver: SessionDriver & Partial<ListingDriver & RewritingDriver>, bound: AnswerBound): SessionDriver {
  const { list, rewrite, revokeUser } = driver
  return {
    name: driver.name,
    expiresByItself: driver.expiresByItself,
    open: () => bound.within('open', () => driver.open()),
    close: () => bound.within('close', () => driver.close()),
    read: (key) => bound.within('read', () => driver.read(key)),
    insert: (key, record) => bound.within('insert', () => driver.insert(key, record)),
    update: (key, record, version) => bound.within('update', () => driver.update(key, record, version)),
    touch: (key, durations, version) => bound.within('touch', () => driver.touch(key, durations, version)),
    destroy: (key) => bound.within('destroy', () => driver.destroy(key)),
    gc: (options) => driver.gc(options),
    ...(list && { list: (options?: ListOptions) => bound.within('list', () => list.call(driver, options)) }),
    ...(revokeUser && { revokeUser: (...asked: Parameters<typeof revokeUser>) => revokeUser.apply(driver, asked) }),
    ...(rewrite && {
      rewrite: (...asked: Parameters<typeof rewrite>) => bound.within('rewrite', () => rewrite.apply(driver, asked)),
    }),
  }
}

/** The same for a driver that keeps leases. */
export function boundedLockingDriver(driver: LockingDriver, bound: AnswerBound): LockingDriver {
  if (driver.boundsAnswers === true) return driver
  return {
    ...around(driver, bound),
    acquire: (key, options) => bound.within('acquire', () => driver.acquire(key, options)),
    commit: (lease, record, options) => bound.within('commit', () => driver.commit(lease, record, options)),
    replace: (lease, newKey, record, marker, options) =>
      bound.within('replace', () => driver.replace(lease, newKey, record, marker, options)),
    renew: (lease, leaseMs) => bound.within('renew', () => driver.renew(lease, leaseMs)),
    unlock: (lease) => bound.within('unlock', () => driver.unlock(lease)),
  }
}
