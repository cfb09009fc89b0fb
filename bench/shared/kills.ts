import type { SessionManager } from '../../src/manager/session-manager.ts'
import { randomFrom } from '../file/support.ts'
import { type Holder, type HolderReport, type Stopped, Takings, startHolder, untilLeaseEnded } from './holder.ts'
import { startManager } from './manager.ts'
import { Ledger, type NamedCounts, type NamedData } from './named.ts'
import { type Leftovers, type Place, leftoversInTheEnd, libraryAt } from './place.ts'

export interface KillRun {
  readonly fault: 'SIGKILL' | 'SIGSTOP'
  /** Processes that are killed, or stopped past their leases, while they hold a session. */
  readonly holders: number
  /** Sessions that this happens to at the same time. */
  readonly atOnce: number
  readonly leaseSeconds: number
  readonly seed: number
}

export interface KillResult extends NamedCounts, Omit<Leftovers, 'records'> {
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
  /** Holders that were stopped inside of a statement that nobody else can write beside: not among the late ones. */
  readonly blocking: number
  /** Of their writes those that were carried out when they went on, as begun under the lease: nobody had come between. */
  readonly blockedWritesDone: number
  /** Requests that were told meanwhile, in bounded time, that they cannot have the session. Each of those who waited asked again. */
  readonly turnedAway: number
}

/** What the others do while a holder stands still past its lease. */
const meanwhile = ['they write', 'they hold it', 'they do nothing'] as const

/** Kills holders, or stops them past their leases. */
export async function runKills(place: Place, run: KillRun): Promise<KillResult> {
  const takings = new Takings()
  const options = { leaseSeconds: run.leaseSeconds, watch: takings }
  const { sessions, driver, end } = await startManager(libraryAt(place, 0), place.address, options)
  const faults = new Faults(place, sessions, takings, run)
  // All are there before the first stands still: nobody can open a file that is locked.
  const first = await Promise.all(Array.from({ length: Math.min(run.atOnce, run.holders) }, () => faults.firstHolder()))
  await Promise.all(first.map((holder) => faults.inTurn(holder)))
  const { locksLeft, keysForEver } = await leftoversInTheEnd(place)
  const result = { holders: run.holders, ...(await faults.ledger.settle(sessions, driver)), ...faults.counts, locksLeft, keysForEver }
  await end()
  return result
}

class Faults {
  readonly ledger = new Ledger()
  readonly counts = {
    gotIt: 0,
    tooEarly: 0,
    longestMs: 0,
    lateAccepted: 0,
    lateRefusedAsLost: 0,
    lateOtherwise: 0,
    blocking: 0,
    blockedWritesDone: 0,
    turnedAway: 0,
  }
  readonly #place: Place
  readonly #sessions: SessionManager<NamedData>
  readonly #takings: Takings
  readonly #run: KillRun
  readonly #random: () => number
  #begun = 0
  #started = 0

  constructor(place: Place, sessions: SessionManager<NamedData>, takings: Takings, run: KillRun) {
    this.#place = place
    this.#sessions = sessions
    this.#takings = takings
    this.#run = run
    this.#random = randomFrom(run.seed)
  }

  /** Starts one on a session of its own. */
  async firstHolder(): Promise<Holder> {
    return await this.#startHolder(await this.ledger.newSession(this.#sessions))
  }

  /** One fault after the other, on one session, until all that do so have made as many as there are to be. */
  async inTurn(first: Holder): Promise<void> {
    const { id } = first
    let holder: Holder | undefined = first
    while (this.#begun < this.#run.holders) {
      const turn = (this.#begun += 1)
      holder ??= await this.#startHolder(id)
      this.#account(id, await holder.next())
      const stopped = await holder.stop(this.#random)
      for (const report of stopped.reports) this.#account(id, report)
      if (stopped.blocks) this.counts.blocking += 1
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
    if (stopped.blocks) return await this.#outliveBlocking(id, holder, stopped)
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
        await untilLeaseEnded(this.#place, id)
        await late()
        await this.#take(id, stopped)
    }
  }

  /** The same of one that nobody can write beside: who wants the session then is turned away. */
  async #outliveBlocking(id: string, holder: Holder, stopped: Stopped): Promise<void> {
    await untilLeaseEnded(this.#place, id)
    const wasTaken = await this.ledger.increment(this.#sessions, id, async () => {})
    if (wasTaken) throw new Error('a session was written beside a process that stands inside of a statement')
    this.counts.turnedAway += 1
    holder.resume()
    const report = await holder.next()
    this.#account(id, report)
    if (report.code === undefined) this.counts.blockedWritesDone += 1
    await this.#take(id, stopped)
  }

  /** Waits for the session as any request does, and makes an increment; asks again when it is turned away. */
  async #take(id: string, { leaseEndsAt }: Stopped, work: () => Promise<void> = async () => {}): Promise<void> {
    let gotIt = false
    const onceTaken = async (): Promise<void> => {
      if (gotIt) return
      gotIt = true
      const afterMs = (await this.#takings.takenAt(id)) - leaseEndsAt
      this.counts.gotIt += 1
      if (afterMs < 0) this.counts.tooEarly += 1
      this.counts.longestMs = Math.max(this.counts.longestMs, afterMs)
      await work()
    }
    while (!(await this.ledger.increment(this.#sessions, id, onceTaken))) this.counts.turnedAway += 1
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

  /** It has made its first request. */
  async #startHolder(id: string): Promise<Holder> {
    const { leaseSeconds } = this.#run
    const number = (this.#started += 1)
    const library = libraryAt(this.#place, number)
    const holder = await startHolder({ place: this.#place, library, leaseSeconds, id, name: `holder ${number}` })
    this.#account(id, await holder.next())
    return holder
  }
}
