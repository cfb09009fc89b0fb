import { randomFrom } from '../file/support.ts'
import type { FigureOptions, FigureResult, FigureRow } from '../figures/figure.ts'
import { bench } from '../harness/bench.ts'
import type { BenchStore, LaneResult } from '../harness/bench.ts'
import { counted } from './counted.ts'
import type { Counted } from './counted.ts'
import { contendersOf, lanesOf } from './pair.ts'
import type { Pair } from './pair.ts'
import { rowsOf } from './rows.ts'

export interface PairsOptions extends FigureOptions {
  readonly size: 'full' | 'small'
  /** For all of the pairs. */
  readonly store?: BenchStore | undefined
}

const sizes = {
  full: { sessions: 1000, connections: 50, warmUps: 4, slices: 8, slice: { seconds: 0.6, requests: Infinity } },
  small: { sessions: 8, connections: 4, warmUps: 0, slices: 1, slice: { seconds: 60, requests: 24 } },
}
const races = { full: { increments: 400, longestMs: 7 }, small: { increments: 40, longestMs: 20 } }

/** Measures the contenders of each pair against each other, one pair after the other, and counts what can be counted. The small size takes the first pair alone. */
export async function comparePairs(pairs: readonly Pair[], options: PairsOptions): Promise<FigureResult> {
  const counts: Record<string, number> = { requests: 0, wrongAnswers: 0 }
  const rows: FigureRow[] = []
  for (const pair of options.size === 'small' ? pairs.slice(0, 1) : pairs) {
    const { rows: added, requests, wrong, found } = await comparePair(pair, options)
    rows.push(...added)
    counts['requests'] = (counts['requests'] ?? 0) + requests
    counts['wrongAnswers'] = (counts['wrongAnswers'] ?? 0) + wrong
    for (const [server, { trips, race }] of found) {
      counts[`${server}: acknowledged`] = race.acknowledged
      counts[`${server}: lost`] = race.acknowledged - race.final
      for (const [workload, many] of Object.entries(trips)) counts[`${server}: round trips, ${workload}`] = many
    }
  }
  return { counts, rows }
}

/** Of two stores, one table. */
export function together(one: FigureResult, other: FigureResult): FigureResult {
  const counts = { ...one.counts, ...other.counts }
  for (const name of ['requests', 'wrongAnswers']) counts[name] = (one.counts[name] ?? 0) + (other.counts[name] ?? 0)
  return { counts, rows: [...one.rows, ...other.rows] }
}

async function comparePair(pair: Pair, { size, store, seed, log }: PairsOptions) {
  log(pair.title)
  const { increments, longestMs } = races[size]
  const random = randomFrom(seed)
  const raced = { increments, waitMs: () => 1 + Math.floor(random() * (longestMs - 1)) }
  const found = new Map<string, Counted>()
  for (const { server } of contendersOf(pair))
    found.set(server, await counted({ server, processes: pair.processes, storeUrl: store?.url, ...raced }))
  const results = await bench({ lanes: lanesOf(pair), ...(store === undefined ? {} : { store }), ...sizes[size], loadYields: true, log })
  const wrong = sum(results, 'wrong')
  if (wrong > 0) throw new Error(`${pair.title}: ${wrong} answers were wrong, which makes the rest worthless`)
  const rows = rowsOf({ pair, results, found, hasStore: store !== undefined })
  for (const { server = '', session = '', goal = '' } of rows) if (goal !== '') log(`${server}, ${session}: ${goal}`)
  return { rows, found, requests: sum(results, 'requests'), wrong }
}

function sum(results: readonly LaneResult[], of: 'requests' | 'wrong'): number {
  return results.reduce((total, result) => total + result[of], 0)
}
