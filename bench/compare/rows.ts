import type { FigureRow } from '../figures/figure.ts'
import type { LaneResult } from '../harness/bench.ts'
import { shown } from '../harness/quiet.ts'
import { addedMicros, judged } from './added.ts'
import type { Counted } from './counted.ts'
import { WORKLOADS, contendersOf } from './pair.ts'
import type { Contender, Pair, Workload } from './pair.ts'

/** What is known of a pair when it has been measured. */
export interface Compared {
  readonly pair: Pair
  /** In the order of the pair's lanes. */
  readonly results: readonly LaneResult[]
  /** By the names of the servers. */
  readonly found: ReadonlyMap<string, Counted>
  readonly hasStore: boolean
}

/** The table of a pair: the bare handler, and then the contenders with each workload. */
export function rowsOf({ pair, results, found, hasStore }: Compared): FigureRow[] {
  const contenders = contendersOf(pair)
  const [bare, ...others] = results
  if (bare === undefined) throw new RangeError('nothing was measured')
  const row = { title: pair.title, bare, hasStore }
  const rows = [rowOf({ ...row, contender: pair.bare, result: bare })]
  for (const [place, { name }] of WORKLOADS.entries()) {
    const own = others.slice(place * contenders.length, (place + 1) * contenders.length)
    for (const [at, contender] of contenders.entries()) {
      const [peer, result] = [own[0], own[at]]
      if (peer === undefined || result === undefined) throw new RangeError(`${contender.label} was not measured`)
      rows.push(rowOf({ ...row, contender, result, workload: name, peer, counted: found.get(contender.server) }))
    }
  }
  return rows
}

interface Row {
  readonly title: string
  readonly contender: Contender
  readonly result: LaneResult
  readonly bare: LaneResult
  readonly hasStore: boolean
  /** Of the contenders, not of the bare handler. */
  readonly workload?: Workload
  readonly peer?: LaneResult
  readonly counted?: Counted | undefined
}

function rowOf({ title, contender, result, bare, hasStore, workload, peer, counted }: Row): FigureRow {
  const added = addedMicros(result, bare)
  const share = peer === undefined ? undefined : shareOf(added, addedMicros(peer, bare))
  const trips = workload === undefined ? undefined : counted?.trips[workload]
  return {
    with: title,
    session: workload ?? 'none',
    server: contender.label,
    'server CPU a request, µs': shown(result.serverMicros),
    'added to the bare handler, µs': shown(added),
    'times the peer': share === undefined || Number.isNaN(share) ? '' : String(shown(share, 2)),
    goal: share === undefined ? '' : judged(share, contender.goal),
    'requests a second': shown(result.requestsPerSecond),
    ...(hasStore ? { 'CPU of the store a request, µs': shown(result.storeMicros, 2), 'round trips': String(trips ?? '') } : {}),
    'lost updates': counted === undefined || workload === 'unchanged' ? '' : lostIn(counted),
    'CPUs used by others': Number(result.strangers.toFixed(2)),
  }
}

/** Of a peer that seems to cost nothing there is no share: the machine was too busy to tell. */
function shareOf(added: number, peerAdded: number): number {
  return peerAdded > 0 ? added / peerAdded : Number.NaN
}

function lostIn({ race: { acknowledged, final } }: Counted): string {
  return `${acknowledged - final} of ${acknowledged}`
}
