import { UnknownOutcome } from '../../src/drivers/settle.ts'
import type { Line, ShakyOp } from './shaky-line.ts'
import type { ShakyStore } from './shaky-store.ts'

/** Longer than any lease of a history. */
const A_LEASE = 10_001

interface Pending {
  readonly op: ShakyOp
  readonly process: number
  /** Carries the command out; what comes back sends its answer. */
  readonly run: () => () => void
  readonly giveUp: () => void
}

export interface NetOptions {
  readonly random: () => number
  /** How many things go wrong at most. */
  readonly faults: number
  /** True: the client library may send `insert` and `update` a second time by itself. */
  readonly clientResends: boolean
}

/** The line between two processes and a store where a random choice decides what happens next: which command arrives, and what gets lost. */
export class ShakyNet {
  readonly trace: string[] = []
  readonly #store: ShakyStore
  readonly #random: () => number
  readonly #clientResends: boolean
  readonly #pending: Pending[] = []
  readonly #late: (() => unknown)[] = []
  readonly #sleepers: (() => void)[] = []
  #faultsLeft: number

  constructor(store: ShakyStore, options: NetOptions) {
    this.#store = store
    this.#random = options.random
    this.#clientResends = options.clientResends
    this.#faultsLeft = options.faults
  }

  line(process: number): Line {
    return {
      call: (op, command) =>
        new Promise((resolve, reject) => {
          const run = (): (() => void) => {
            const answer = command()
            return () => resolve(answer)
          }
          this.#pending.push({ op, process, run, giveUp: () => reject(new UnknownOutcome(op)) })
        }),
    }
  }

  /** Ends when the random choice falls on it. */
  sleep(): Promise<void> {
    return new Promise((resolve) => this.#sleepers.push(resolve))
  }

  /** Does one thing of all that may happen next, `others` among them. `false`: nothing can. */
  step(others: readonly (readonly [weight: number, act: () => void])[]): boolean {
    const choices = [...others]
    const isFaulty = this.#faultsLeft > 0
    if (this.#pending.length > 0) choices.push([8, () => this.#deliver()])
    if (this.#late.length > 0) choices.push([1.5, () => this.#deliverLate()])
    if (this.#sleepers.length > 0) choices.push([2, () => this.#sleepers.shift()?.()])
    if (isFaulty && this.#pending.length > 0) choices.push([2, () => this.#fault()])
    if (isFaulty && this.#pending.length > 0) choices.push([0.5, () => this.#leasePasses()])
    let at = this.#random() * choices.reduce((sum, [weight]) => sum + weight, 0)
    const chosen = choices.find(([weight]) => (at -= weight) <= 0)
    chosen?.[1]()
    return chosen !== undefined
  }

  #deliver(): void {
    const { op, process, run } = this.#take(this.#pending)
    this.trace.push(`p${process}: ${op}`)
    run()()
  }

  #deliverLate(): void {
    this.trace.push('a late command arrives')
    this.#take(this.#late)()
  }

  #fault(): void {
    this.#faultsLeft -= 1
    const { op, process, run, giveUp } = this.#take(this.#pending)
    const mayRepeat = this.#clientResends || (op !== 'insert' && op !== 'update')
    const kinds = ['lost', 'answer lost', 'late', 'late', 'crash', ...(mayRepeat ? ['twice', 'late copy'] : [])]
    const kind = kinds[Math.floor(this.#random() * kinds.length)] ?? 'lost'
    this.trace.push(`p${process}: ${op}: ${kind}`)
    switch (kind) {
      case 'twice':
        run()
        return run()()
      case 'late copy':
        this.#late.push(run)
        return run()()
      case 'answer lost':
        run()
        return giveUp()
      case 'late':
        this.#late.push(run)
        return giveUp()
      case 'crash': // of what asked: it never hears of it, and its command may still arrive
        if (this.#random() < 0.5) this.#late.push(run)
        return
      default:
        return giveUp()
    }
  }

  #leasePasses(): void {
    this.#faultsLeft -= 1
    this.trace.push('a lease passes')
    this.#store.clock.advance(A_LEASE)
  }

  #take<Item>(items: Item[]): Item {
    const [item] = items.splice(Math.floor(this.#random() * items.length), 1)
    if (item === undefined) throw new Error('nothing to take')
    return item
  }
}

/** Lets everything go on that can: until all wait for the net again. */
export function settledDown(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
