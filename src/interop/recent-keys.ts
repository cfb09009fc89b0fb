import type { StoreKey } from '../session/id.ts'

/** An hour, which no request outlives: a manager lets one hold its session for a minute unless it is told otherwise (`lock.maxHoldSeconds`). */
const KEPT_MS = 3_600_000
const MOST = 100_000

/**
 * The keys that were seen stored lately: for an hour at least, unless there are more than 100,000 of them in that time; then for as long as so many take.
 */
export class RecentKeys {
  readonly #clock: () => number
  #young = new Set<StoreKey>()
  #old = new Set<StoreKey>()
  #since: number

  /** @param clock Milliseconds. */
  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock
    this.#since = clock()
  }

  add(key: StoreKey): void {
    this.#age()
    this.#young.add(key)
    if (this.#young.size >= MOST) this.#turn()
  }

  has(key: StoreKey): boolean {
    this.#age()
    return this.#young.has(key) || this.#old.has(key)
  }

  #age(): void {
    const passed = this.#clock() - this.#since
    if (passed < KEPT_MS) return
    this.#turn()
    if (passed >= 2 * KEPT_MS) this.#old = new Set()
  }

  #turn(): void {
    this.#old = this.#young
    this.#young = new Set()
    this.#since = this.#clock()
  }
}
