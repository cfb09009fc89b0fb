import type { SessionManager } from '../../src/manager/session-manager.ts'
import { type RedisServer, startRedis } from '../../test/support/redis-server.ts'
import { randomFrom } from '../file/support.ts'
import { libraryAt } from './clients.ts'
import { type Holder, type HolderReport, type Stopped, Takings, startHolder, untilLeaseEnded } from './holder.ts'
import { leftoversInTheEnd } from './leftovers.ts'
import { startManager } from './manager.ts'
import { Ledger, type NamedCounts, type NamedData } from './named.ts'

export interface KillRun {
  readonly fault: 'SIGKILL' | 'SIGSTOP'
  /** Processes that are killed, or stopped past their leases, while they hold a session. */
  readonly holders: number
  /** Sessions that this happens to at the same time. */
  readonly atOnce: number
  readonly leaseSeconds: number
  readonly seed: number
}

export interface KillResult extends NamedCounts {
  readonly holders: number
  /** Those who waited for the session and got it. */
  readonly gotIt: number
  /** Those of them who got it while the holder's lease was still to live. */
  readonly tooEarly: number
  /** How long after the lease's end, at most. */
  readonly longestMs: number
  /** Writes of a holder that was stopped past its lease. */
  readonly lateAccepted: number
  readonly lateRefusedAsLost: number
  /** Refused with another error. */
  readonly lateOtherwise: number
  readonly locksLeft: number
  readonly keysForEver: number
}

/** What the others do while a holder stands still past its lease. */
const meanwhile = ['they write', 'they hold it', 'they do nothing'] as const

/** Kills holders, or stops them past their leases, on a server that keeps what it has acknowledged. */
export async function runKills(run: KillRun): Promise<KillResult> {
  await using server = await startRedis({ durable: true })
  const takings = new Takings()
  const { sessions, driver, end } = await startManager('node-redis', server.port, { leaseSeconds: run.leaseSeconds, watch: takings })
  const faults = new Faults(server, sessions, takings, run)
  await Promise.all(Array.from({ length: Math.min(run.atOnce, run.holders) }, () => faults.inTurn()))
  const { locksLeft, keysForEver } = await leftoversInTheEnd(server)
  const result = { holders: run.holders, ...(await faults.ledger.settle(sessions, driver)), ...faults.counts, locksLeft, keysForEver }
  await end()
  return result
}

class Faults {
  readonly ledger = new Ledger()
  readonly counts = { gotIt: 0, tooEarly: 0, longestMs: 0, lateAccepted: 0, lateRefusedAsLost: 0, lateOtherwise: 0 }
  readonly #server: RedisServer
  readonly #sessions: SessionManager<NamedData>
  readonly #takings: Takings
  readonly #run: KillRun
  readonly #random: () => number
  #begun = 0

  constructor(server: RedisServer, sessions: SessionManager<NamedData>, takings: Takings, run: KillRun) {
    this.#server = server
    this.#sessions = sessions
    this.#takings = takings
    this.#run = run
    this.#random = randomFrom(run.seed)
  }

  /** One fault after the other, on one session, until all that do so have made as many as there are to be. */
  async inTurn(): Promise<void> {
    const id = await this.ledger.newSession(this.#sessions)
    let holder: Holder | undefined
    while (this.#begun < this.#run.holders) {
      const turn = (this.#begun += 1)
      holder ??= await this.#startHolder(id, turn)
      this.#account(id, await holder.next())
      const stopped = await holder.stop(this.#random)
      for (const report of stopped.reports) this.#account(id, report)
      if (this.#run.fault === 'SIGSTOP') await this.#outlive(id, holder, stopped, turn)
      else {
        const waiting = this.#take(id, stopped)
        await holder.kill()
        holder = undefined
        await waiting
      }
    }
    for (const report of (await holder?.kill()) ?? []) this.#account(id, report)
  }

  /** Lets a holder go on once its lease has ended. */
  async #outlive(id: string, holder: Holder, stopped: Stopped, turn: number): Promise<void> {
    const late = async (): Promise<void> => {
      holder.resume()
      this.#countLate(id, await holder.next())
    }
    switch (meanwhile[turn % meanwhile.length]) {
      case 'they hold it':
        return await this.#take(id, stopped, late)
      case 'they write':
        await this.#take(id, stopped)
        return await late()
      default:
        await untilLeaseEnded(this.#server, id)
        await late()
        await this.#take(id, stopped)
    }
  }

  /** Waits for the session as any request does, and makes an increment. */
  async #take(id: string, { leaseEndsAt }: Stopped, work: () => Promise<void> = async () => {}): Promise<void> {
    await this.ledger.increment(this.#sessions, id, async () => {
      const afterMs = (await this.#takings.takenAt(id)) - leaseEndsAt
      this.counts.gotIt += 1
      if (afterMs < 0) this.counts.tooEarly += 1
      this.counts.longestMs = Math.max(this.counts.longestMs, afterMs)
      await work()
    })
  }

  #account(id: string, { name, code }: HolderReport): void {
    if (code === undefined) this.ledger.acknowledge(id, name)
    else this.ledger.fail(id, name, code)
  }

  #countLate(id: string, report: HolderReport): void {
    this.#account(id, report)
    if (report.code === undefined) this.counts.lateAccepted += 1
    else if (report.code === 'ERR_SESSION_LOCK_LOST') this.counts.lateRefusedAsLost += 1
    else this.counts.lateOtherwise += 1
  }

  #startHolder(id: string, turn: number): Promise<Holder> {
    const { leaseSeconds } = this.#run
    return startHolder({ server: this.#server, library: libraryAt(turn), leaseSeconds, id, name: `holder ${turn}` })
  }
}
