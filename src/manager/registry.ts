/** One that must come to its end before the store may be closed. */
export interface OpenVisit {
  /** Gives back what it holds, whatever it was about to do. */
  abandon(): void
}

/** What is under way in one manager, so that closing can wait for it. */
export class Registry {
  readonly #visits = new Set<OpenVisit>()
  readonly #work = new Set<Promise<unknown>>()

  enter(visit: OpenVisit): void {
    this.#visits.add(visit)
  }

  leave(visit: OpenVisit): void {
    this.#visits.delete(visit)
  }

  /** Sessions that hold a lock now. */
  get size(): number {
    return this.#visits.size
  }

  follow(work: Promise<unknown>): void {
    this.#work.add(work)
    void work.finally(() => this.#work.delete(work))
  }

  /** Gives back all that is held. */
  abandon(): void {
    for (const visit of this.#visits) visit.abandon()
  }

  /** Waits for what goes on in the background. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#work)
  }
}
