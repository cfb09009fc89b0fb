import { Deadlines } from './deadlines.ts'

/** Watches that replies come within a bound. A reply that comes later is ignored. */
export class ReplyBound {
  readonly #deadlines: Deadlines
  readonly #late: () => Error

  /** @param late Makes the failure of unknown outcome that a reply which does not come is. */
  constructor(boundMs: number, late: () => Error) {
    this.#deadlines = new Deadlines(boundMs)
    this.#late = late
  }

  /** The reply, or the failure when it does not come. */
  within<Reply>(reply: Promise<Reply>): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const pending = this.#deadlines.watch(() => reject(this.#late()))
      reply.then(
        (value) => {
          this.#deadlines.end(pending)
          resolve(value)
        },
        (error: unknown) => {
          this.#deadlines.end(pending)
          reject(error)
        },
      )
    })
  }
}
