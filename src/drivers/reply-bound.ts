import { Roster, type Rostered } from '../session/roster.ts'

interface Pending extends Rostered {
  readonly since: number
  readonly fail: (failure: Error) => void
}

const LOOKS_A_BOUND = 8

/** Watches, from one timer, that replies come within a bound. A reply that comes later is ignored. */
export class ReplyBound {
  readonly #boundMs: number
  readonly #late: () => Error
  readonly #pending = new Roster<Pending>()
  #timer: ReturnType<typeof setInterval> | undefined

  /** @param late Makes the failure of unknown outcome that a reply which does not come is. */
  constructor(boundMs: number, late: () => Error) {
    this.#boundMs = boundMs
    this.#late = late
  }

  /** The reply, or the failure when it does not come. */
  within<Reply>(reply: Promise<Reply>): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const pending: Pending = { since: performance.now(), fail: reject, place: -1 }
      this.#pending.add(pending)
      this.#watch()
      reply.then(
        (value) => {
          this.#pending.remove(pending)
          resolve(value)
        },
        (error: unknown) => {
          this.#pending.remove(pending)
          reject(error)
        },
      )
    })
  }

  #watch(): void {
    if (this.#timer !== undefined) return
    this.#timer = setInterval(() => this.#look(), Math.max(1, this.#boundMs / LOOKS_A_BOUND))
    // No timer of the driver keeps a process alive. Some runtimes give a number.
    if (typeof this.#timer === 'object') this.#timer.unref()
  }

  #look(): void {
    if (this.#pending.size === 0) {
      clearInterval(this.#timer)
      this.#timer = undefined
      return
    }
    const oldest = performance.now() - this.#boundMs
    for (const pending of this.#pending.all()) {
      if (pending.since > oldest) continue
      this.#pending.remove(pending)
      pending.fail(this.#late())
    }
  }
}
