import { Roster, type Rostered } from '../session/roster.ts'

/** What is waited for. */
export interface Pending extends Rostered {
  readonly since: number
  readonly late: () => void
  isOverdue: boolean
}

const LOOKS_A_BOUND = 16
/** What a timer of the runtime can wait. */
const LONGEST_MS = 2 ** 31 - 1

/** Watches, from one timer, what must come within a bound. */
export class Deadlines {
  readonly #boundMs: number
  readonly #pending = new Roster<Pending>()
  #timer: ReturnType<typeof setInterval> | undefined

  constructor(boundMs: number) {
    this.#boundMs = boundMs
  }

  /** Calls `late` once the bound is over, unless `end` is called before. */
  watch(late: () => void): Pending {
    const pending: Pending = { since: performance.now(), late, isOverdue: false, place: -1 }
    this.#pending.add(pending)
    if (this.#timer === undefined) this.#look()
    return pending
  }

  end(pending: Pending): void {
    this.#pending.remove(pending)
  }

  #look(): void {
    this.#timer = setInterval(() => this.#endLate(), Math.min(Math.max(1, this.#boundMs / LOOKS_A_BOUND), LONGEST_MS))
    // No timer of a driver keeps a process alive. Some runtimes give a number.
    if (typeof this.#timer === 'object') this.#timer.unref()
  }

  #endLate(): void {
    if (this.#pending.size === 0) {
      clearInterval(this.#timer)
      this.#timer = undefined
      return
    }
    const oldest = performance.now() - this.#boundMs
    for (const pending of this.#pending.all()) {
      if (pending.since > oldest) continue
      if (pending.isOverdue) {
        this.#pending.remove(pending)
        pending.late()
      }
      // Where the process stood still its answer may have come, and nobody has looked yet: until the next look somebody will.
      pending.isOverdue = true
    }
  }
}
