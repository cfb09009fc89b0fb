import type { CommandRun } from './installed.ts'
import type { InStore, ManySealed, Work } from './many-sealed.ts'
import { type Desk, type StoppedRun, killedRun, numberBefore, restOf, stoppedRun } from './runs.ts'
import { HELD } from './sealed-records.ts'

/** A command that was killed, begun anew, stopped, and gone on with as it said. */
export interface WorkDone {
  readonly command: string
  readonly runs: readonly [killed: CommandRun, stopped: StoppedRun, rest: CommandRun]
  /** How much of the work each of them has done; `undefined` for a count that died with its process. */
  readonly done: readonly [killed: number | undefined, stopped: number, rest: number]
  /** What is not done afterwards. */
  readonly leftAlone: number
  /** Sessions that should be there afterwards, and are not. */
  readonly lost: number
}

/** How much of the work is done when it is killed and, begun anew, when it is stopped. */
const KILLED_AT = 0.1
const STOPPED_AT = 0.3

/** Counts all. */
export async function statsOn(store: ManySealed, desk: Desk, count: number): Promise<WorkDone> {
  const { runs, seen } = await threeRuns(store, desk, 'stats', count, ['stats'])
  const [stopped = 0, rest = 0] = [runs[1], runs[2]].map((run) => numberBefore('of them with a user', run))
  return { command: 'stats', runs, done: [undefined, stopped, rest], leftAlone: count - stopped - rest, lost: count - seen[3].living }
}

/** Seals all anew that nobody holds. One that is begun anew after a kill finds what is done, and only reads it. */
export async function resealOn(store: ManySealed, desk: Desk, count: number): Promise<WorkDone> {
  const { runs, seen } = await threeRuns(store, desk, 'reseal', count, ['keys', 'reseal', '--rate', '1000000'])
  const [stopped = 0, rest = 0] = [runs[1], runs[2]].map((run) => numberBefore('sealed anew', run))
  const [before, killed, , after] = seen
  const done = [killed.underNew - before.underNew, stopped, rest] as const
  return { command: 'keys reseal', runs, done, leftAlone: count - after.underNew, lost: count - after.living }
}

/** Collects the half that has expired. How much that is the store is asked: what Redis removes by itself the command does not count. */
export async function gcOn(store: ManySealed, desk: Desk, count: number): Promise<WorkDone> {
  const { runs, seen } = await threeRuns(store, desk, 'gc', count / 2, ['gc'])
  const [before, killed, stopped, rest] = seen
  const done = [before.stale - killed.stale, killed.stale - stopped.stale, stopped.stale - rest.stale] as const
  return { command: 'gc', runs, done, leftAlone: rest.stale, lost: count / 2 + HELD - rest.living }
}

interface Seen {
  readonly runs: WorkDone['runs']
  /** The store before the first of them, and after each. */
  readonly seen: readonly [before: InStore, killed: InStore, stopped: InStore, rest: InStore]
}

async function threeRuns(store: ManySealed, desk: Desk, work: Work, amount: number, args: readonly string[]): Promise<Seen> {
  const [setUp, each] = store.asked[work]
  const bytesAt = (share: number): number => setUp + each * amount * share
  const before = await store.count()
  const killed = await killedRun(desk, args, bytesAt(KILLED_AT))
  const afterKill = await store.count()
  const stopped = await stoppedRun(desk, args, bytesAt(STOPPED_AT))
  const afterStop = await store.count()
  const rest = await restOf(desk, stopped)
  return { runs: [killed, stopped, rest], seen: [before, afterKill, afterStop, await store.count()] }
}
