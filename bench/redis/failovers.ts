import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../../proof/faults/until.ts'
import { RedisDriver } from '../../src/drivers/redis/redis-driver.ts'
import type { SessionManager } from '../../src/manager/session-manager.ts'
import { type FailoverBy, type RedisSentinel, startSentinel } from '../../test/support/redis-sentinel.ts'
import { randomFrom } from '../file/support.ts'
import { managerOver } from '../shared/manager.ts'
import { Ledger, type NamedCounts, type NamedData } from '../shared/named.ts'
import { type Leftovers, leftoversInTheEnd } from '../shared/place.ts'
import { watched } from '../shared/watched.ts'
import { libraries } from './clients.ts'
import { leftoversIn } from './place.ts'
import { Reigns } from './reigns.ts'
import { makeSentinelClient } from './sentinel-clients.ts'

export interface FailoverRun {
  readonly failovers: number
  /** Of each kind, with `waitReplicas` and without. */
  readonly sessions: number
  readonly leaseSeconds: number
  readonly seed: number
  readonly log: (line: string) => void
}

export interface FailoverResult extends NamedCounts {
  /** Of the lost: those of the time before, during and after a failover of a kind. */
  readonly lostByKill: number
  readonly lostByPause: number
  readonly lostByCommand: number
  /** Commits acknowledged by one master, in one of its reigns, from a version from which it had acknowledged one before. */
  readonly doubleHolders: number
  /** The same by two, or in two: the first of the two went with its master. */
  readonly acrossMasters: number
}

export interface FailoverResults {
  readonly without: FailoverResult
  readonly withWait: FailoverResult
  readonly leftovers: Leftovers
}

const WAYS: readonly FailoverBy[] = ['kill', 'pause', 'command']
const WAIT = { replicas: 1, timeoutSeconds: 0.5 }
/** Longer than most failovers take: a commit that could not be sent to the old master comes late to the new one. */
const COMMAND_SECONDS = 10
/** Increments of each kind that must have been acknowledged since the last failover before the next one comes. */
const BETWEEN = 100
const LONGEST_WORK_MS = 20
const LONGEST_PAUSE_MS = 20
const PATIENCE_MS = 120_000

/** Lets masters fail, in three ways by turns, while managers raise the counters of the same sessions, with `waitReplicas` and without. */
export async function runFailovers(run: FailoverRun): Promise<FailoverResults> {
  const { failovers, sessions, log } = run
  await using sentinel = await startSentinel({ durable: true })
  await using reigns = await Reigns.over(sentinel)
  const load = { sentinel, reigns, run }
  const without = await startLoad(load, undefined)
  const withWait = await startLoad(load, WAIT)
  const loads = [without, withWait]
  for (const { ledger, managers } of loads) {
    for (const { sessions: manager } of managers.slice(0, 1)) for (let made = 0; made < sessions; made++) await ledger.newSession(manager)
  }
  await sentinel.untilWhole()
  // A session that no replica knows yet would rightly be unknown after a failover.
  await until('the replica to have all', async () => {
    const [master, replica] = await Promise.all([sentinel.master, sentinel.replica].map((server) => server.command('DBSIZE')))
    return master === replica
  })
  const done = Promise.all(loads.map((one) => one.begin()))
  const more = async (): Promise<void> => {
    const enough = loads.map(({ ledger }) => ledger.acknowledged + BETWEEN)
    await until('more increments', () => loads.every(({ ledger }, at) => ledger.acknowledged >= (enough[at] ?? 0)), PATIENCE_MS)
  }
  try {
    for (let count = 0; count < failovers; count++) {
      const by = WAYS[count % WAYS.length] ?? 'kill'
      for (const { ledger } of loads) ledger.phase = by
      await Promise.race([more(), done])
      log(`failover ${count + 1} of ${failovers}, by ${by}`)
      await Promise.race([sentinel.failover(by), done])
    }
    await more()
  } finally {
    for (const one of loads) one.end()
    await done
  }
  const leftovers = await leftoversInTheEnd({ leftovers: () => leftoversIn(sentinel.master) })
  const results = { without: await without.settle(), withWait: await withWait.settle(), leftovers }
  for (const one of loads) await one.close()
  return results
}

interface Load {
  readonly ledger: Ledger
  readonly managers: readonly { readonly sessions: SessionManager<NamedData> }[]
  readonly begin: () => Promise<void>
  readonly end: () => void
  readonly settle: () => Promise<FailoverResult>
  readonly close: () => Promise<void>
}

interface LoadOptions {
  readonly sentinel: RedisSentinel
  readonly reigns: Reigns
  readonly run: FailoverRun
}

/** Two managers, each over another library, that raise the counters of the same sessions. */
async function startLoad({ sentinel, reigns, run }: LoadOptions, wait: typeof WAIT | undefined): Promise<Load> {
  const random = randomFrom(run.seed)
  const ledger = new Ledger()
  const tally = reigns.newTally()
  const managers = await Promise.all(
    libraries.map(async (library) => {
      const { client, end } = await makeSentinelClient(library, {
        name: sentinel.name,
        addresses: [...sentinel.addresses],
        map: reigns.map,
      })
      const driver = new RedisDriver({
        client,
        commandTimeoutSeconds: COMMAND_SECONDS,
        ...(wait === undefined ? {} : { waitReplicas: wait }),
      })
      const sessions = managerOver(watched(driver, tally), run.leaseSeconds)
      await sessions.ready()
      return { sessions, driver, end }
    }),
  )
  const [first] = managers
  if (first === undefined) throw new TypeError('there are no libraries')
  const over = new AbortController()
  const client = async (sessions: SessionManager<NamedData>, id: string): Promise<void> => {
    while (!over.signal.aborted) {
      await ledger.increment(sessions, id, () => sleep(random() * LONGEST_WORK_MS))
      await sleep(random() * LONGEST_PAUSE_MS)
    }
  }
  return {
    ledger,
    managers,
    begin: async () => {
      await Promise.all(managers.flatMap(({ sessions }) => ledger.ids.map((id) => client(sessions, id))))
    },
    end: () => {
      over.abort()
    },
    settle: async () => {
      const counts = await ledger.settle(first.sessions, first.driver)
      const [lostByKill, lostByPause, lostByCommand] = [ledger.lostIn('kill'), ledger.lostIn('pause'), ledger.lostIn('command')]
      return { ...counts, lostByKill, lostByPause, lostByCommand, ...tally.counts }
    },
    close: async () => {
      for (const { sessions, end } of managers) {
        await sessions.close()
        await end()
      }
    },
  }
}
