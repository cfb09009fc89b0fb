import { type NodeProcess, startProcess } from '../../proof/faults/node-process.ts'
import { startManager } from './manager.ts'
import { type Place, keyOf, libraryAt } from './place.ts'

/** What the session of this run holds: the increments in all, and those of each process. */
export interface CountData {
  readonly total: number
  readonly by: Readonly<Record<string, number>>
}

/** What a process says in the end. */
export interface WorkerReport {
  readonly acknowledged: number
}

export interface IncrementRun {
  readonly processes: number
  /** In all: each process makes its part. */
  readonly increments: number
  /** Requests that each process has under way at any time. */
  readonly atOnce: number
}

export interface IncrementResult {
  readonly acknowledged: number
  /** Acknowledged and not in the session. */
  readonly lost: number
  /** Increments more in the session than were made, and commits that were carried out again: each raises the version by one. */
  readonly tooMany: number
  readonly locksLeft: number
  readonly keysForEver: number
}

/** Far more than the increments of one process take. */
const PATIENCE_MS = 3_600_000

/** Lets processes raise one session's counter. */
export async function runIncrements(place: Place, { processes, increments, atOnce }: IncrementRun): Promise<IncrementResult> {
  const { sessions, driver, end } = await startManager<CountData>(libraryAt(place, 0), place.address)
  const id = await sessions.run(undefined, (session) => {
    session.set('total', 0)
    return () => session.id
  })
  const reports = await Promise.all(
    Array.from({ length: processes }, async (_, at) => {
      const part = Math.floor(increments / processes) + (at < increments % processes ? 1 : 0)
      const args = [libraryAt(place, at), place.address, id(), `p${at}`, part, atOnce].map(String)
      return await reportOf(await startProcess(new URL('increment-worker.ts', import.meta.url), args))
    }),
  )
  const left = await place.leftovers()
  const session = await sessions.start(id(), { concurrency: 'readonly' })
  const written = reports.map((_, at) => session.get(`by.p${at}`) ?? 0)
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)
  const acknowledged = sum(reports.map((report) => report.acknowledged))
  const total = session.get('total') ?? 0
  const found = await driver.read(await keyOf(id()))
  // The first version is the session without an increment.
  const commits = found?.kind === 'record' ? found.record.version.counter - 1 : 0
  await end()
  return {
    acknowledged,
    lost: sum(reports.map((report, at) => Math.max(0, report.acknowledged - (written[at] ?? 0)))),
    tooMany: Math.max(0, total - acknowledged) + Math.abs(total - sum(written)) + Math.abs(total - commits),
    locksLeft: left.locksLeft,
    keysForEver: left.keysForEver,
  }
}

async function reportOf(worker: NodeProcess): Promise<WorkerReport> {
  await using running = worker
  const report = await running.next(PATIENCE_MS)
  // Until it has closed its manager: a lock that it leaves then is one.
  await running.untilExit()
  return { acknowledged: typeof report === 'object' && report !== null && 'acknowledged' in report ? Number(report.acknowledged) : 0 }
}
