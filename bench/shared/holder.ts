import { setTimeout as sleep } from 'node:timers/promises'
import { type NodeProcess, startProcess } from '../../proof/faults/node-process.ts'
import { until } from '../../proof/faults/until.ts'
import type { Acquired } from '../../src/contracts/driver.ts'
import type { Library } from './drivers.ts'
import { type Place, keyOf } from './place.ts'

/** How a request of a holder ended. */
export interface HolderReport {
  readonly name: string
  /** `undefined`: it was stored. */
  readonly code: string | undefined
}

/** A holder that was stopped in the midst of a request. */
export interface Stopped {
  /** When its lease ends if nobody renews it. Unix milliseconds on the store's clock. */
  readonly leaseEndsAt: number
  /** Whether it stands inside of a statement that nobody else can write beside. */
  readonly blocks: boolean
  /** What it had told by then: what it tells next is about the request that it was stopped in. */
  readonly reports: readonly HolderReport[]
}

export interface HolderOptions {
  readonly place: Place
  readonly library: Library
  readonly leaseSeconds: number
  readonly id: string
  readonly name: string
}

const LONGEST_LOOK_MS = 40
/** For what was written to a pipe before. */
const ALREADY_HERE_MS = 20

/** A process that holds one session most of the time. */
export class Holder {
  readonly #process: NodeProcess
  readonly #options: HolderOptions
  /** How often it was stopped while it did not hold the session. */
  missed = 0

  /** Use `startHolder`. */
  constructor(process: NodeProcess, options: HolderOptions) {
    this.#process = process
    this.#options = options
  }

  /** Its session. */
  get id(): string {
    return this.#options.id
  }

  /** The next request that has ended. */
  async next(): Promise<HolderReport> {
    return reportIn(await this.#process.next())
  }

  /** Stops it at a random moment at which it holds the session. */
  async stop(random: () => number): Promise<Stopped> {
    const { place, id } = this.#options
    const key = await keyOf(id)
    for (;;) {
      await sleep(random() * LONGEST_LOOK_MS)
      await this.#process.pause()
      const blocks = await place.blockedBy(this.#process.pid)
      const { endsAt, now } = await place.leaseOf(key)
      if (endsAt > now) return { leaseEndsAt: endsAt, blocks, reports: await this.#told() }
      this.missed += 1
      this.#process.resume()
    }
  }

  resume(): void {
    this.#process.resume()
  }

  /** Kills it, and gives the requests that it had told of by then. */
  async kill(): Promise<HolderReport[]> {
    await this.#process.kill()
    return await this.#told()
  }

  /** What a process that stands still has told. */
  async #told(): Promise<HolderReport[]> {
    const reports: HolderReport[] = []
    for (;;) {
      const next = await this.#process.next(ALREADY_HERE_MS).catch(() => undefined)
      if (next === undefined) return reports
      reports.push(reportIn(next))
    }
  }
}

export async function startHolder(options: HolderOptions): Promise<Holder> {
  const { library, place, leaseSeconds, id, name } = options
  const args = [library, place.address, leaseSeconds, id, name].map(String)
  return new Holder(await startProcess(new URL('holder-worker.ts', import.meta.url), args), options)
}

/** Remembers when sessions were last taken. */
export class Takings {
  readonly #takenAt = new Map<string, number>()

  readonly acquired = (key: string, answer: Acquired): void => {
    if (answer.kind === 'held') this.#takenAt.set(key, answer.now)
  }

  /** Unix milliseconds on the store's clock. */
  async takenAt(id: string): Promise<number> {
    return this.#takenAt.get(await keyOf(id)) ?? 0
  }
}

export async function untilLeaseEnded(place: Place, id: string): Promise<void> {
  const key = await keyOf(id)
  await until('the lease to end', async () => {
    const { endsAt, now } = await place.leaseOf(key)
    return now >= endsAt
  })
}

function reportIn(message: unknown): HolderReport {
  if (typeof message !== 'object' || message === null || !('name' in message)) throw new TypeError('no report of a holder')
  return { name: String(message.name), code: 'code' in message && typeof message.code === 'string' ? message.code : undefined }
}
