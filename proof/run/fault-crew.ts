import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../faults/until.ts'
import type { Fault, HostFault, StoreFault, Turn } from './faults/fault.ts'
import type { Host } from './host.ts'
import { type Random, randomOf } from './plan.ts'
import type { Store } from './store.ts'

export interface CrewOptions {
  readonly store: Store
  readonly hosts: readonly Host[]
  readonly faults: readonly Fault[]
  readonly leaseMs: number
  readonly seed: number
  /** How often each is to strike. Left out: in turns until `isOver`. */
  readonly times: ((fault: Fault) => number) | undefined
  readonly isOver: () => boolean
  readonly log: (line: string) => void
}

/** Longest pause of a host between two faults: what it is asked meanwhile is answered. */
const PAUSE_MS = 250
/** Longest pause of the store, where the number of its faults is not given. */
const STORE_PAUSE_MS = 10_000
/** How long a fault waits for something to be under way that it could strike. */
const LONGEST_WAIT_MS = 300
/** A fault that finds nothing to strike is tried again, so often in a row at most. */
const MOST_MISSES = 100
const LONGEST_RUN_MS = 7_200_000
/** Longest rest of the store between two faults: what they have struck is to go on in between. */
const STORE_REST_MS = 1500
const LOG_EVERY = 500

/** Faults of the store strike so much more seldom than those of an application: each of them strikes all. */
const STORE_SHARE = 0.03

/** How often each fault strikes, when those of an application strike so often. */
export function timesOf(ofHosts: number): (fault: Fault) => number {
  return ({ scope }) => (scope === 'host' ? ofHosts : Math.ceil(ofHosts * STORE_SHARE))
}

/** Lets faults strike: those of hosts on each host one after the other, all hosts at the same time, and beside them those of the store. */
export class FaultCrew {
  readonly counts = new Map<string, number>()
  readonly #options: CrewOptions
  readonly #hostFaults: readonly HostFault[]
  readonly #storeFaults: readonly StoreFault[]
  /** Begun, whether or not they have struck yet. */
  readonly #begun = new Map<string, number>()
  readonly #missesInARow = new Map<string, number>()
  #struck = 0
  #hostTurns = 0

  constructor(options: CrewOptions) {
    this.#options = options
    const { faults } = options
    this.#hostFaults = faults.filter((fault) => fault.scope === 'host')
    this.#storeFaults = faults.filter((fault) => fault.scope === 'store')
    for (const { name } of faults) this.counts.set(name, 0)
  }

  /** Works until all have struck as often as they are to, or until it is over. */
  async work(): Promise<void> {
    const { hosts } = this.#options
    await Promise.all([...hosts.map((host, at) => this.#onHost(host, at)), this.#onStore()])
  }

  async #onHost(host: Host, at: number): Promise<void> {
    const random = randomOf(this.#options.seed, 1, at)
    for (let fault = this.#next(this.#hostFaults, random); fault !== undefined; fault = this.#next(this.#hostFaults, random)) {
      await sleep(random() * PAUSE_MS)
      await until('a request to be under way', () => host.underWay > 0 || this.#options.isOver(), LONGEST_WAIT_MS).catch(() => {})
      // Where nobody has asked for anything there is nothing to strike.
      this.#count(fault, host.underWay > 0 && (await fault.strike(host, this.#turn(fault, random))))
    }
  }

  async #onStore(): Promise<void> {
    const { store, seed, times, isOver } = this.#options
    const random = randomOf(seed, 2)
    for (let fault = this.#next(this.#storeFaults, random); fault !== undefined; fault = this.#next(this.#storeFaults, random)) {
      const turns = this.#hostTurns
      // Spread over the whole run, so that each meets other faults.
      if (times === undefined) await pause(STORE_PAUSE_MS * random(), isOver)
      else {
        await until(
          'faults of hosts in between',
          () => isOver() || this.#hostsAreDone || this.#hostTurns >= turns + this.#apart(),
          LONGEST_RUN_MS,
        )
      }
      const hasStruck = await fault.strike(store, this.#turn(fault, random))
      this.#count(fault, hasStruck)
      if (hasStruck && times !== undefined) await pause(STORE_REST_MS * random(), isOver)
    }
  }

  /** How many faults of hosts lie between two of the store. */
  #apart(): number {
    const { times } = this.#options
    const total = (faults: readonly Fault[]): number => faults.reduce((sum, fault) => sum + (times?.(fault) ?? 0), 0)
    return Math.floor(total(this.#hostFaults) / (total(this.#storeFaults) + 1))
  }

  get #hostsAreDone(): boolean {
    return this.#hostFaults.every((fault) => this.#left(fault) <= 0)
  }

  /** One of those that have most to do still. `undefined`: all is done, or over. */
  #next<Kind extends Fault>(faults: readonly Kind[], random: Random): Kind | undefined {
    if (this.#options.isOver()) return undefined
    const most = Math.max(0, ...faults.map((fault) => this.#left(fault)))
    const open = faults.filter((fault) => this.#left(fault) > 0 && this.#left(fault) >= most - 1)
    const fault = open[Math.floor(random() * open.length)]
    if (fault !== undefined) this.#begun.set(fault.name, (this.#begun.get(fault.name) ?? 0) + 1)
    return fault
  }

  #left(fault: Fault): number {
    return (this.#options.times?.(fault) ?? 1_000_000) - (this.#begun.get(fault.name) ?? 0)
  }

  #turn({ name }: Fault, random: Random): Turn {
    return { random, leaseMs: this.#options.leaseMs, count: this.counts.get(name) ?? 0 }
  }

  #count(fault: Fault, hasStruck: boolean): void {
    const { name, scope } = fault
    if (hasStruck) {
      this.counts.set(name, (this.counts.get(name) ?? 0) + 1)
      this.#struck += 1
      this.#missesInARow.set(name, 0)
      if (scope === 'host') this.#hostTurns += 1
      if (this.#struck % LOG_EVERY === 0) this.#options.log(`${this.#struck} faults`)
      return
    }
    const misses = (this.#missesInARow.get(name) ?? 0) + 1
    if (misses > MOST_MISSES) throw new Error(`${name} finds nothing to strike`)
    this.#missesInARow.set(name, misses)
    this.#begun.set(name, (this.#begun.get(name) ?? 0) - 1)
  }
}

async function pause(ms: number, isOver: () => boolean): Promise<void> {
  const endsAt = Date.now() + ms
  while (Date.now() < endsAt && !isOver()) await sleep(50)
}
