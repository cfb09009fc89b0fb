import { setTimeout as sleep } from 'node:timers/promises'
import { type NodeProcess, startProcess } from '../../proof/faults/node-process.ts'
import { until } from '../../proof/faults/until.ts'
import type { Acquired } from '../../src/contracts/driver.ts'
import type { RedisServer } from '../../test/support/redis-server.ts'
import type { Library } from './clients.ts'
import { keyOf, leaseOf } from './leftovers.ts'

/** How a request of a holder ended. */
export interface HolderReport {
  readonly name: string
  /** `undefined`: it was stored. */
  readonly code: string | undefined
}

/** A holder that was stopped in the midst of a request. */
export interface Stopped {
  /** When its lease ends if nobody renews it. Unix milliseconds on the server's clock. */
  readonly leaseEndsAt: number
  /** What it had told by then: what it tells next is about the request that it was stopped in. */
  readonly reports: readonly HolderReport[]
}

export interface HolderOptions {
  readonly server: RedisServer
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

  /** The next request that has ended. */
  async next(): Promise<HolderReport> {
    return reportIn(await this.#process.next())
  }

  /** Stops it at a random moment at which it holds the session. */
  async stop(random: () => number): Promise<Stopped> {
    const { server, id } = this.#options
    for (;;) {
      await sleep(random() * LONGEST_LOOK_MS)
      await this.#process.pause()
      // What it has sent was sent before this, and so is carried out by then.
      await server.command('PING')
      const { endsAt } = await leaseOf(server, id)
      // A request that is over has given it back, which leaves 0.
      if (endsAt !== 0) return { leaseEndsAt: endsAt, reports: await this.#told() }
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
  const { library, server, leaseSeconds, id, name } = options
  const args = [library, server.port, leaseSeconds, id, name].map(String)
  return new Holder(await startProcess(new URL('holder-worker.ts', import.meta.url), args), options)
}

/** Remembers when sessions were last taken. */
export class Takings {
  readonly #takenAt = new Map<string, number>()

  readonly acquired = (key: string, answer: Acquired): void => {
    if (answer.kind === 'held') this.#takenAt.set(key, answer.now)
  }

  /** Unix milliseconds on the server's clock. */
  async takenAt(id: string): Promise<number> {
    return this.#takenAt.get(await keyOf(id)) ?? 0
  }
}

export async function untilLeaseEnded(server: RedisServer, id: string): Promise<void> {
  await until('the lease to end', async () => {
    const { endsAt, now } = await leaseOf(server, id)
    return now >= endsAt
  })
}

function reportIn(message: unknown): HolderReport {
  if (typeof message !== 'object' || message === null || !('name' in message)) throw new TypeError('no report of a holder')
  return { name: String(message.name), code: 'code' in message && typeof message.code === 'string' ? message.code : undefined }
}
