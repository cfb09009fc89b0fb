import { Roster } from './roster.ts'
import type { Rostered } from './roster.ts'

/** One that must come to its end before the store may be closed. */
export interface Abandonable extends Rostered {
  /** Gives back what it holds, whatever it was about to do. */
  abandon(): void
}

/** What is under way in one manager, so that closing can wait for it. */
export class Registry {
  readonly #holds = new Roster<Abandonable>()
  readonly #work = new Set<Promise<unknown>>()

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

  follow(work: Promise<unknown>): void {
    this.#work.add(work)
    void work.finally(() => this.#work.delete(work))
  }

  /** Gives back all that is held. */
  abandon(): void {
    for (const hold of this.#holds.all()) hold.abandon()
  }

  /** Waits for what goes on in the background. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#work)
  }
}
