import { setTimeout as sleep } from 'node:timers/promises'
import type { SessionManager } from '../../src/manager/session-manager.ts'
import type { Ledger, NamedData } from './named.ts'

const LONGEST_WORK_MS = 4

/** Requests of every kind on one session: over the line that is cut, and over one that is not. */
export async function requestsOfAllKinds(ledger: Ledger, cut: SessionManager<NamedData>, whole: SessionManager<NamedData>): Promise<void> {
  const work = (): Promise<void> => sleep(Math.random() * LONGEST_WORK_MS)
  const id = await ledger.newSession(whole)
  const overTheCutLine = async (): Promise<void> => {
    await ledger.tryNewSession(cut)
    // The lock is handed on from one to the next.
    await Promise.all([1, 2, 3].map(() => ledger.increment(cut, id, work)))
    await ledger.incrementTwice(cut, id, work)
    await ledger.incrementAndThrow(cut, id)
    await ledger.look(cut, id)
    await ledger.increment(cut, id, work)
  }
  const overTheOther = async (): Promise<void> => {
    for (let times = 0; times < 4; times++) {
      await ledger.increment(whole, id, work)
      await work()
    }
  }
  await Promise.all([overTheCutLine(), overTheOther()])
}
