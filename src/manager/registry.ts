import { Roster } from '../session/roster.ts'
import type { Rostered } from '../session/roster.ts'

/** One that must come to its end before the store may be closed. */
export interface Abandonable extends Rostered {
  /** Gives back what it holds, whatever it was about to do. */
  abandon(): void
}

interface Work extends Rostered {
  readonly promise: Promise<unknown>
}

/** What is under way in one manager, so that closing can wait for it. */
export class Registry {
  readonly #holds = new Roster<Abandonable>()
  readonly #work = new Roster<Work>()

  enter(hold: Abandonable): void {
    this.#holds.add(hold)
  }

  leave(hold: Abandonable): void {
    this.#holds.remove(hold)
  }

  /** Sessions that hold a lock now. */
  get size(): number {
    return this.#holds.size
  }

  /** Notes what goes on in the background until it has ended. */
  follow(promise: Promise<unknown>, failed: (cause: unknown) => void): void {
    const work: Work = { place: -1, promise }
    this.#work.add(work)
    promise.finally(() => this.#work.remove(work)).catch(failed)
  }

  /** The same work, noted as well: its caller waits for it, and so does closing. */
  awaited<Result>(promise: Promise<Result>): Promise<Result> {
    this.follow(promise, () => undefined)
    return promise
  }

  /** Gives back all that is held. */
  abandon(): void {
    for (const hold of this.#holds.all()) hold.abandon()
  }

  /** Waits for what goes on in the background. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#work.all().map(({ promise }) => promise))
  }
}
