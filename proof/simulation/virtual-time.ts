// Takes the place of timers, clocks and randomness for the whole process, so that a seed decides all that happens. Import it first.
import { seeded } from './seeded.ts'
import type { Random } from './seeded.ts'

/** A timer of one of the processes that are simulated. */
export interface Timer {
  readonly owner: object | undefined
  readonly callback: () => void
  readonly everyMs: number | undefined
  dueAt: number
  unref(): Timer
  ref(): Timer
}

const realTick = setImmediate

/** What stands in for the machine. */
class VirtualTime {
  nowMs = 0
  random: Random = seeded(1)
  /** Whose code runs: timers that it starts are its own. */
  owner: object | undefined
  readonly #timers = new Set<Timer>()

  /** Forgets all timers, and begins anew from a seed. */
  reset(seed: number): void {
    this.nowMs = 1_000_000
    this.random = seeded(seed)
    this.#timers.clear()
  }

  /** Runs code as one of the processes, and waits until it has nothing to do but to wait. */
  async as(owner: object, run: () => void): Promise<void> {
    this.owner = owner
    run()
    // What promises set going runs to its end before this comes.
    await new Promise((resolve) => realTick(resolve))
    this.owner = undefined
  }

  /** The timer that is due first, of those whose owner runs. */
  next(runs: (owner: object | undefined) => boolean): Timer | undefined {
    let first: Timer | undefined
    for (const timer of this.#timers) if ((first === undefined || timer.dueAt < first.dueAt) && runs(timer.owner)) first = timer
    return first
  }

  fire(timer: Timer): void {
    if (timer.everyMs === undefined) this.#timers.delete(timer)
    else timer.dueAt = this.nowMs + timer.everyMs
    timer.callback()
  }

  /** A process has died. */
  forget(owner: object): void {
    for (const timer of this.#timers) if (timer.owner === owner) this.#timers.delete(timer)
  }

  start(callback: () => void, ms: number, isRepeated: boolean): Timer {
    const wait = Math.max(1, Math.floor(Number.isFinite(ms) ? ms : 1))
    const timer: Timer = {
      owner: this.owner,
      callback,
      everyMs: isRepeated ? wait : undefined,
      dueAt: this.nowMs + wait,
      unref: () => timer,
      ref: () => timer,
    }
    this.#timers.add(timer)
    return timer
  }

  stop(timer: unknown): void {
    this.#timers.delete(timer as Timer)
  }
}

export const time = new VirtualTime()

const replaced = {
  setTimeout: (callback: () => void, ms = 1) => time.start(callback, ms, false),
  setInterval: (callback: () => void, ms = 1) => time.start(callback, ms, true),
  clearTimeout: (timer: unknown) => time.stop(timer),
  clearInterval: (timer: unknown) => time.stop(timer),
}
for (const [name, value] of Object.entries(replaced)) Object.defineProperty(globalThis, name, { value })
Object.defineProperty(performance, 'now', { value: () => time.nowMs })
Object.defineProperty(Math, 'random', { value: () => time.random.below(2 ** 31) / 2 ** 31 })
Object.defineProperty(Date, 'now', { value: () => time.nowMs })
Object.defineProperty(globalThis, 'crypto', {
  value: {
    getRandomValues: (bytes: Uint8Array) => {
      for (let at = 0; at < bytes.length; at++) bytes[at] = time.random.below(256)
      return bytes
    },
  },
})
