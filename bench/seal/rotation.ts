import { until } from '../../proof/faults/until.ts'
import type { KeyEntry } from '../../src/serializers/encrypted.ts'
import { Child } from '../harness/child.ts'
import { type StoreAddress, recordsUnder } from './rotation-store.ts'
import { keyTextFrom } from './support.ts'

/** How a server gets a ring: it fetches it again and again, or it is started anew. */
export type HowToDeploy = 'fetches' | 'restarts'

export type Ring = Readonly<Record<string, KeyEntry>>

/** What a server has seen, in all. */
export interface ServerReport {
  /** Of each session that was asked for. */
  readonly acknowledged: Readonly<Record<string, number>>
  readonly newIds: number
  /** Requests that ended with an error. */
  readonly failed: number
  /** A stored text was not opened, whether a request was told or not. */
  readonly failedOpens: number
  readonly otherRefusals: number
  readonly otherTroubles: number
}

export type RotationProtocol = {
  readonly open: { readonly ask: { readonly how: HowToDeploy; readonly store: StoreAddress; readonly ring: Ring }; readonly answer: true }
  /** Makes sessions and gives their ids. */
  readonly create: { readonly ask: number; readonly answer: readonly string[] }
  /** Begins to send requests, each for one of these sessions, some at any time. They do not end by themselves. */
  readonly serve: { readonly ask: { readonly ids: readonly string[]; readonly atOnce: number }; readonly answer: true }
  /** Requests that were acknowledged up to now. */
  readonly progress: { readonly ask: undefined; readonly answer: number }
  /** Is over when no request is under way that has begun under the ring of before. */
  readonly deploy: { readonly ask: Ring; readonly answer: true }
  readonly reseal: {
    readonly ask: undefined
    readonly answer: { readonly resealed: number; readonly skipped: number; readonly unreadable: number }
  }
  readonly keyNames: { readonly ask: undefined; readonly answer: readonly string[] }
  /** Ends the requests. */
  readonly rest: { readonly ask: undefined; readonly answer: ServerReport }
  /** What sessions hold, -1 for one that is not there. */
  readonly counts: { readonly ask: readonly string[]; readonly answer: readonly number[] }
}

export interface RotationRun {
  readonly store: StoreAddress
  readonly rotations: number
  /** At least, in all. */
  readonly requests: number
  /** That requests ask for. */
  readonly busy: number
  /** That nobody asks for: `reseal` alone brings them over. */
  readonly quiet: number
  readonly atOnce: number
  /** Leaves the first deployment out, as one must not: to see that what it leads to is seen. */
  readonly withoutAdding?: boolean
}

export interface RotationResult {
  readonly requests: number
  readonly deployments: number
  readonly resealed: number
  /** By one pass of `reseal`, since a request held them. */
  readonly skipped: number
  readonly failedOpens: number
  readonly failedRequests: number
  readonly newIds: number
  /** Acknowledged, and not in the session; a session that is not there counts as one. */
  readonly lost: number
  readonly tooMany: number
  /** After `reseal`: as `keyUsage` counts them, and as the store holds them. */
  readonly underOldKey: number
  readonly recordsUnderOldKey: number
  readonly otherEvents: number
}

type Server = Child<RotationProtocol>

const SERVER = new URL('rotation-server.ts', import.meta.url).pathname
const PATIENCE_MS = 300_000
const MOST_PASSES = 50
const STRETCHES = 7

/** Two servers that share a store change the key again and again while both answer requests. */
export async function runRotations(run: RotationRun): Promise<RotationResult> {
  const servers = [new Child<RotationProtocol>([SERVER]), new Child<RotationProtocol>([SERVER])] as const
  try {
    return await rotate(run, ...servers)
  } finally {
    await Promise.all(servers.map((server) => server.stop()))
  }
}

async function rotate(run: RotationRun, fetching: Server, restarting: Server): Promise<RotationResult> {
  const { store, rotations } = run
  const servers = [fetching, restarting]
  const share = Math.ceil(run.requests / (2 * rotations * STRETCHES))
  const served = (): Promise<void> => untilServed(servers, share)
  let deployments = 0
  const deploy = async (ring: Ring): Promise<void> => {
    for (const server of servers) {
      await served()
      await server.ask('deploy', ring)
      deployments += 1
    }
  }
  const first = ringOf(0, 'alone')
  await fetching.ask('open', { how: 'fetches', store, ring: first })
  await restarting.ask('open', { how: 'restarts', store, ring: first })
  const ids = await fetching.ask('create', run.busy + run.quiet)
  for (const server of servers) await server.ask('serve', { ids: ids.slice(0, run.busy), atOnce: run.atOnce })
  const totals = { resealed: 0, skipped: 0, underOldKey: 0, recordsUnderOldKey: 0 }
  for (let at = 0; at < rotations; at++) {
    const old = nameOf(at)
    if (run.withoutAdding !== true) await deploy(ringOf(at, 'add'))
    await deploy(ringOf(at, 'activate'))
    // At once: most sessions are still under the old key, and requests ask for them meanwhile.
    const { resealed, skipped } = await resealAll(at % 2 === 0 ? fetching : restarting)
    totals.resealed += resealed
    totals.skipped += skipped
    totals.underOldKey += (await restarting.ask('keyNames', undefined)).includes(old) ? 1 : 0
    totals.recordsUnderOldKey += await recordsUnder(store, old)
    await deploy(ringOf(at, 'retire'))
    await served()
  }
  const reports = [await fetching.ask('rest', undefined), await restarting.ask('rest', undefined)]
  const sum = (of: (report: ServerReport) => number): number => reports.reduce((total, report) => total + of(report), 0)
  const counts = await restarting.ask('counts', ids)
  const acknowledged = ids.map((id) => sum((report) => report.acknowledged[id] ?? 0))
  const missing = ids.map((_, at) => (acknowledged[at] ?? 0) - (counts[at] ?? 0))
  return {
    requests: acknowledged.reduce((total, count) => total + count, 0),
    deployments,
    ...totals,
    failedOpens: sum(({ failedOpens }) => failedOpens),
    failedRequests: sum(({ failed }) => failed),
    newIds: sum(({ newIds }) => newIds),
    lost: missing.filter((count) => count > 0).reduce((total, count) => total + count, 0),
    tooMany: missing.filter((count) => count < 0).reduce((total, count) => total - count, 0),
    otherEvents: sum(({ otherRefusals, otherTroubles }) => otherRefusals + otherTroubles),
  }
}

function nameOf(at: number): string {
  return `v${at + 1}`
}

/** The ring of one deployment of a rotation. The keys of all rotations before stay retired. */
function ringOf(at: number, step: 'alone' | 'add' | 'activate' | 'retire'): Ring {
  const [old, next] = [nameOf(at), nameOf(at + 1)]
  const key = (name: string, state: 'seals' | 'opens'): Ring => ({ [name]: { key: keyTextFrom(name), state } })
  const retired = Object.fromEntries(Array.from({ length: at }, (_, before) => [nameOf(before), { state: 'retired' } as const]))
  switch (step) {
    case 'alone':
      return key(old, 'seals')
    case 'add':
      return { ...key(old, 'seals'), ...key(next, 'opens'), ...retired }
    case 'activate':
      return { ...key(next, 'seals'), ...key(old, 'opens'), ...retired }
    case 'retire':
      return { ...key(next, 'seals'), [old]: { state: 'retired' }, ...retired }
  }
}

/** Waits until each server has answered so many requests more, also after it answered some with an error. */
async function untilServed(servers: readonly Server[], share: number): Promise<void> {
  for (const server of servers) {
    const enough = (await server.ask('progress', undefined)) + share
    await until('more requests', async () => (await server.ask('progress', undefined)) >= enough, PATIENCE_MS)
  }
}

/** As the docs say: again until it has skipped none, since requests hold some. */
async function resealAll(server: Server): Promise<{ readonly resealed: number; readonly skipped: number }> {
  const totals = { resealed: 0, skipped: 0 }
  for (let passes = 0; passes < MOST_PASSES; passes++) {
    const { resealed, skipped, unreadable } = await server.ask('reseal', undefined)
    if (unreadable > 0) throw new Error('a session could not be sealed anew')
    totals.resealed += resealed
    totals.skipped += skipped
    if (skipped === 0) return totals
  }
  throw new Error(`some sessions were skipped ${MOST_PASSES} times`)
}
