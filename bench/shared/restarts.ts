import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../../proof/faults/until.ts'
import { randomFrom } from '../file/support.ts'
import { type Running, startManager } from './manager.ts'
import { Ledger, type NamedCounts } from './named.ts'
import { type Leftovers, type ServerPlace, leftoversInTheEnd, libraryAt } from './place.ts'

export interface RestartRun {
  readonly restarts: number
  readonly sessions: number
  readonly leaseSeconds: number
  readonly seed: number
}

export interface RestartResult extends NamedCounts, Leftovers {
  readonly restarts: number
}

/** Increments that must have been acknowledged since the last restart before the next one comes. */
const BETWEEN = 50
const LONGEST_WORK_MS = 10
const LONGEST_PAUSE_MS = 30
/** A machine that others use as well may be slow. */
const PATIENCE_MS = 60_000

/** Restarts a server, killed and ended properly in turns, while two managers raise the counters of the same sessions. */
export async function runRestarts(place: ServerPlace, { restarts, sessions, leaseSeconds, seed }: RestartRun): Promise<RestartResult> {
  const random = randomFrom(seed)
  const managerAt = (at: number): Promise<Running> => startManager(libraryAt(place, at), place.address, { leaseSeconds })
  const first = await managerAt(0)
  const managers = [first, await managerAt(1)]
  const ledger = new Ledger()
  for (let made = 0; made < sessions; made++) await ledger.newSession(first.sessions)
  const over = new AbortController()
  const clients = managers.flatMap((manager) =>
    ledger.ids.map(async (id) => {
      while (!over.signal.aborted) {
        await ledger.increment(manager.sessions, id, () => sleep(random() * LONGEST_WORK_MS))
        await sleep(random() * LONGEST_PAUSE_MS)
      }
    }),
  )
  const more = async (): Promise<void> => {
    const enough = ledger.acknowledged + BETWEEN
    await until('more increments', () => ledger.acknowledged >= enough, PATIENCE_MS)
  }
  const all = Promise.all(clients)
  try {
    for (let done = 0; done < restarts; done++) {
      await Promise.race([more(), all])
      await sleep(random() * LONGEST_PAUSE_MS)
      if (done % 2 === 0) await place.kill()
      await place.restart()
    }
    await more()
  } finally {
    over.abort()
    await all
  }
  const left = await leftoversInTheEnd(place)
  const result = { restarts, ...(await ledger.settle(first.sessions, first.driver)), ...left }
  for (const manager of managers) await manager.end()
  return result
}
