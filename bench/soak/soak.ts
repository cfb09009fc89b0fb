import type { DriverName } from '../../proof/run/drivers.ts'
import { faults } from '../../proof/run/faults/index.ts'
import type { Holdings } from '../../proof/run/gauge.ts'
import { Host } from '../../proof/run/host.ts'
import { type ProofResult, Run, startHosts } from '../../proof/run/run.ts'
import { startStore } from '../../proof/run/store.ts'
import { type Summary, summaryOf } from '../../proof/run/summary.ts'
import { tableOf } from '../../proof/run/table.ts'
import { check } from '../../proof/history/check.ts'
import { closed, filesOpenedBy, holdingsOf } from './leftovers.ts'
import { type Course, courseOf, readingsOf } from './readings.ts'

export interface SoakOptions {
  readonly driver: DriverName
  readonly ms: number
  /** How long after one reading of a process the next is made. */
  readonly everyMs: number
  readonly clients: number
  /** Processes of the application. */
  readonly hosts: number
  readonly seed: number
  readonly log: (line: string) => void
}

/** One process that lived from the start to the end. */
export interface Soaked extends Course {
  /** Files that it had open when nobody asked for anything any more, and nothing was closed yet. */
  readonly filesAtRest: number
  /** What it held when all was closed, beyond what it had at first. */
  readonly left: Holdings
}

export interface SoakResult {
  readonly summary: Summary
  readonly loaded: readonly Soaked[]
  /** The same application on the same machine, which nobody asks for anything. */
  readonly idle: Soaked
}

const LEASE_SECONDS = 0.5
/** All but that which a process does not outlive: its memory would begin anew. */
const SURVIVED = faults.map(({ name }) => name).filter((name) => name !== 'kill')

/** Lets faults strike applications that are in use for a long time, and looks at what they keep. */
export async function soak({ driver, ms, everyMs, clients, hosts: count, seed, log }: SoakOptions): Promise<SoakResult> {
  await using store = await startStore(driver)
  await using hosts = await startHosts({ hosts: count, leaseSeconds: LEASE_SECONDS }, store)
  await using idleHost = await Host.start({ store, leaseSeconds: LEASE_SECONDS })
  const all = [...hosts.all, idleHost]
  const before = await Promise.all(all.map(holdingsOf))
  const amounts = { healthy: { operations: 0 }, faulty: { ms } }
  const run = new Run({ ...amounts, seed, clients, leaseSeconds: LEASE_SECONDS, faults: SURVIVED, log }, store, hosts.all)
  const over = new AbortController()
  const [struck, ...readings] = await Promise.all([
    run.faulty().finally(() => over.abort()),
    ...all.map((host) => readingsOf(host, everyMs, over.signal)),
  ])
  const { history } = run.recorder
  log(`${store.title}: ${history.length} operations to be checked`)
  const report = check(history, await run.settle())
  const filesAtRest = await Promise.all(all.map((host, at) => filesOpenedBy(host, before[at] ?? {})))
  const left = await Promise.all(all.map((host, at) => closed(host, before[at] ?? {})))
  const soaked = readings.map((own, at): Soaked => ({ ...courseOf(own), filesAtRest: filesAtRest[at] ?? 0, left: left[at] ?? {} }))
  const idle = soaked.pop()
  if (idle === undefined) throw new TypeError('there was no idle process')
  const result: ProofResult = { title: store.title, healthyOperations: 0, history, faults: struck, report }
  if (!report.isClean) log(tableOf(result))
  return { summary: summaryOf(result), loaded: soaked, idle }
}
