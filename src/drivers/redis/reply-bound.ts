import { RedisFailure } from './redis-errors.ts'

interface Pending {
  readonly since: number
  readonly fail: (failure: RedisFailure) => void
}

const LOOKS_A_BOUND = 8

/** Watches, from one timer, that replies come within a bound. A reply that comes later is ignored. */
export class ReplyBound {
  readonly #boundMs: number
  readonly #pending = new Set<Pending>()
  #timer: ReturnType<typeof setInterval> | undefined

  constructor(boundMs: number) {
    this.#boundMs = boundMs
  }

  /** The reply, or a failure of unknown outcome when it does not come. */
  within<Reply>(reply: Promise<Reply>): Promise<Reply> {
    const { promise, resolve, reject } = Promise.withResolvers<Reply>()
    const pending: Pending = { since: performance.now(), fail: reject }
    this.#pending.add(pending)
    this.#watch()
    reply.then(
      (value) => {
        this.#pending.delete(pending)
        resolve(value)
      },
      (error: unknown) => {
        this.#pending.delete(pending)
        reject(error)
      },
    )
    return promise
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
    // In the order in which they were added: the first that is young enough ends it.
    for (const pending of this.#pending) {
      if (pending.since > oldest) return
      this.#pending.delete(pending)
      pending.fail(new RedisFailure('unknown', `Redis did not answer within ${this.#boundMs / 1000} seconds.`, 'ETIMEDOUT'))
    }
  }
}
