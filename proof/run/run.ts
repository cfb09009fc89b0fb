import { setTimeout as sleep } from 'node:timers/promises'
import { type Report, check } from '../history/check.ts'
import type { LastCookie, Leftovers, Operation } from '../history/event.ts'
import { FaultCrew } from './fault-crew.ts'
import type { Fault } from './faults/fault.ts'
import { faultsFor } from './faults/index.ts'
import { Host } from './host.ts'
import { type PlanOptions, drawVisit, randomOf } from './plan.ts'
import { Recorder } from './recorder.ts'
import { leftoversIn } from './leftovers.ts'
import type { Store } from './store.ts'
import { Visitor } from './visitor.ts'

/** How much there is to be of something there is to be: so many, or as many as there is time for. */
export interface Amount {
  readonly operations?: number
  readonly ms?: number
}

export interface Amounts {
  /** Before the first fault. */
  readonly healthy: Amount
  /** How often each fault strikes, or how long they do so in turns. */
  readonly faulty: { readonly times: (fault: Fault) => number } | { readonly ms: number }
}

export interface ProofOptions extends Amounts {
  readonly store: () => Promise<Store>
  readonly seed: number
  /** Visitors at the same time. */
  readonly clients: number
  readonly hosts: number
  readonly leaseSeconds: number
  /** Those that are to strike, where they make sense. Default: all. */
  readonly faults?: readonly string[] | undefined
  readonly log: (line: string) => void
}

export interface ProofResult {
  /** The store, with its version. */
  readonly title: string
  readonly healthyOperations: number
  readonly history: readonly Operation[]
  /** How often each has struck. */
  readonly faults: ReadonlyMap<string, number>
  readonly report: Report
}

const HEALTHY_WORK = { longestWorkMs: 2, longestPauseMs: 0 }
const FAULTY_WORK = { longestWorkMs: 15, longestPauseMs: 25 }
/** Without faults, requests from one word to the next. */
const LOG_EVERY = 5000
const LOOKERS = 16
/** For what applications still do whose clients are gone. */
const LAST_WORDS_MS = 1000

/** Starts all, drives it healthy and then with faults, and checks what was recorded. */
export async function runProof(options: ProofOptions): Promise<ProofResult> {
  const { log } = options
  await using store = await options.store()
  await using hosts = await startHosts(options, store)
  const run = new Run(options, store, hosts.all)
  await run.healthy()
  const { history } = run.recorder
  const healthyOperations = history.length
  log(`${store.title}: ${healthyOperations} operations without faults`)
  const faults = await run.faulty()
  const leftovers = await run.settle()
  log(`${store.title}: ${history.length} operations to be checked`)
  return { title: store.title, healthyOperations, history, faults, report: check(history, leftovers) }
}

export type RunOptions = Omit<ProofOptions, 'store' | 'hosts'>

/** What visitors do to applications, while faults strike them. */
export class Run {
  readonly recorder = new Recorder()
  readonly #options: RunOptions
  readonly #faults: readonly Fault[]
  readonly #store: Store
  readonly #hosts: readonly Host[]
  readonly #visitors: Visitor[] = []

  /** @throws {TypeError} When none of the chosen faults makes sense over the store. */
  constructor(options: RunOptions, store: Store, hosts: readonly Host[]) {
    this.#options = options
    this.#faults = faultsFor(store, options.faults)
    this.#store = store
    this.#hosts = hosts
  }

  /** @throws {Error} When most is refused: a store that refuses all breaks no promise, and keeps none either. */
  async healthy(): Promise<void> {
    const { ms = Infinity, operations = Infinity } = this.#options.healthy
    const endsAt = Date.now() + ms
    const { history } = this.recorder
    let told = 0
    await this.#visits(HEALTHY_WORK, () => {
      if (history.length - told >= LOG_EVERY) this.#options.log(`${(told = history.length)} operations`)
      return Date.now() >= endsAt || history.length >= operations
    })
    const done = history.filter(({ outcome }) => outcome === 'ok').length
    if (operations > 0 && done <= history.length / 2)
      throw new Error(`only ${done} of ${history.length} requests were served without faults`)
  }

  async faulty(): Promise<ReadonlyMap<string, number>> {
    const { faulty, leaseSeconds, seed, log } = this.#options
    const endsAt = Date.now() + ('ms' in faulty ? faulty.ms : Infinity)
    let isOver = false
    const crew = new FaultCrew({
      store: this.#store,
      hosts: this.#hosts,
      faults: this.#faults,
      leaseMs: 1000 * leaseSeconds,
      seed,
      times: 'times' in faulty ? faulty.times : undefined,
      isOver: () => isOver || Date.now() >= endsAt,
      log,
    })
    const visits = this.#visits(FAULTY_WORK, () => isOver)
    try {
      await Promise.race([crew.work(), visits])
    } finally {
      isOver = true
      await visits
    }
    return crew.counts
  }

  /** Looks at everything once all is quiet. */
  async settle(): Promise<Leftovers> {
    const { leaseSeconds } = this.#options
    const cookies: LastCookie[] = []
    await sleep(2000 * leaseSeconds + LAST_WORDS_MS)
    const looks = this.#visitors.values()
    const looker = async (): Promise<void> => {
      for (const visitor of looks) {
        const last = await visitor.lookAround()
        if (last !== undefined) cookies.push(last)
      }
    }
    await Promise.all(Array.from({ length: LOOKERS }, looker))
    return { ...(await leftoversIn(this.#store, this.#hosts)), cookies }
  }

  #hostsOf(visitor: number): readonly Host[] {
    const hosts = this.#hosts
    return this.#store.isApart === true ? hosts.slice(visitor % hosts.length).slice(0, 1) : hosts
  }

  async #visits(work: PlanOptions, isOver: () => boolean): Promise<void> {
    const { clients, seed } = this.#options
    const client = async (): Promise<void> => {
      while (!isOver()) {
        const number = this.#visitors.length
        const visitor = new Visitor(`v${number}`, this.recorder, this.#hostsOf(number))
        this.#visitors.push(visitor)
        await visitor.visit(drawVisit(randomOf(seed, 3, number), work), isOver)
      }
    }
    await Promise.all(Array.from({ length: clients }, client))
  }
}

export interface Hosts extends AsyncDisposable {
  readonly all: readonly Host[]
}

/** Starts so many applications; when one of them does not start, those that did are ended. */
export async function startHosts(
  { hosts: count, leaseSeconds }: Pick<ProofOptions, 'hosts' | 'leaseSeconds'>,
  store: Store,
): Promise<Hosts> {
  await using started = new AsyncDisposableStack()
  const start = async (): Promise<Host> => started.use(await Host.start({ store, leaseSeconds }))
  const starts = await Promise.allSettled(Array.from({ length: count }, start))
  const all = starts.map((one) => {
    if (one.status === 'rejected') throw one.reason
    return one.value
  })
  const kept = started.move()
  return { all, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}
