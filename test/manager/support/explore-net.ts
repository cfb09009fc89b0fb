import { vi } from 'vitest'
import { UnknownOutcome } from '../../../src/drivers/settle.ts'
import type { Line, ShakyOp } from '../../support/shaky-line.ts'
import type { ShakyStore } from '../../support/shaky-store.ts'
import type { Rng } from './rng.ts'

interface Pending {
  readonly op: ShakyOp
  readonly process: number
  /** Carries the command out; what comes back sends its answer. */
  readonly run: () => () => void
  readonly giveUp: () => void
}

/** Something that may happen next, and how readily. */
export type Choice = readonly [weight: number, act: () => void]

const A_LEASE_MS = 10_001

/**
 * The line between processes and one store, where chance decides what happens next: which command arrives, what gets lost, who dies. Time
 * passes only as a choice, for the store and, by fake timers, for the processes.
 */
export class ExploreNet {
  readonly trace: string[] = []
  readonly #store: ShakyStore
  readonly #rng: Rng
  readonly #late: (() => unknown)[] = []
  readonly #dead = new Set<number>()
  #pending: Pending[] = []
  #sleepers: (() => void)[] = []
  faultsLeft: number

  constructor(store: ShakyStore, rng: Rng, faults: number) {
    this.#store = store
    this.#rng = rng
    this.faultsLeft = faults
  }

  line(process: number): Line {
    return {
      call: (op, command) =>
        new Promise((resolve, reject) => {
          const run = (): (() => void) => {
            const answer = command()
            return () => resolve(answer)
          }
          if (!this.#dead.has(process)) this.#pending.push({ op, process, run, giveUp: () => reject(new UnknownOutcome(op)) })
        }),
    }
  }

  /** A handler at work: it goes on when chance says so. */
  work(): Promise<void> {
    return new Promise((resolve) => this.#sleepers.push(resolve))
  }

  get isQuiet(): boolean {
    return this.#pending.length === 0 && this.#late.length === 0 && this.#sleepers.length === 0
  }

  /** Its commands arrive or do not; it hears of nothing any more. */
  kill(process: number): void {
    this.#dead.add(process)
    for (const { run } of this.#pending.filter((one) => one.process === process)) if (this.#rng.chance(0.5)) this.#late.push(run)
    this.#pending = this.#pending.filter((one) => one.process !== process)
  }

  /** Does one thing of all that may happen next, `others` among them. */
  step(others: readonly Choice[]): void {
    const choices: Choice[] = [...others, [this.isQuiet ? 8 : 0.6, () => this.#tick()]]
    if (this.#pending.length > 0) choices.push([8, () => this.#deliver()])
    if (this.#late.length > 0) choices.push([1.2, () => this.#take(this.#late)()])
    if (this.#sleepers.length > 0) choices.push([4, () => this.#take(this.#sleepers)()])
    if (this.faultsLeft > 0 && this.#pending.length > 0) choices.push([1.5, () => this.#fault()], [0.3, () => this.#leasePasses()])
    let at = this.#rng.next() * choices.reduce((sum, [weight]) => sum + weight, 0)
    choices.find(([weight]) => (at -= weight) <= 0)?.[1]()
  }

  #deliver(): void {
    const { op, process, run } = this.#take(this.#pending)
    this.trace.push(`p${process}: ${op}`)
    run()()
  }

  #fault(): void {
    this.faultsLeft -= 1
    const { op, process, run, giveUp } = this.#take(this.#pending)
    const kinds = ['lost', 'answer lost', 'late', ...(op === 'insert' || op === 'update' ? [] : ['twice', 'late copy'])] as const
    const kind = this.#rng.pick(kinds)
    this.trace.push(`p${process}: ${op}: ${kind}`)
    if (kind === 'answer lost' || kind === 'twice') run()
    if (kind === 'late' || kind === 'late copy') this.#late.push(run)
    if (kind === 'twice' || kind === 'late copy') run()()
    else giveUp()
  }

  #tick(): void {
    const ms = this.#rng.pick([5, 30, 2000, 4000])
    this.trace.push(`${ms} ms pass`)
    this.#store.clock.advance(ms)
    vi.advanceTimersByTime(ms)
  }

  // As if every process slept.
  #leasePasses(): void {
    this.faultsLeft -= 1
    this.trace.push('a lease passes')
    this.#store.clock.advance(A_LEASE_MS)
  }

  #take<Item>(items: Item[]): Item {
    const [item] = items.splice(this.#rng.below(items.length), 1)
    if (item === undefined) throw new RangeError('nothing to take')
    return item
  }
}
