import { bench } from '../harness/bench.ts'
import type { BenchStore, Lane, LaneResult } from '../harness/bench.ts'
import type { Expected } from '../harness/load.ts'
import { shown } from '../harness/quiet.ts'
import type { FigureResult, FigureRow } from '../figures/figure.ts'

/** A server that reads and writes its sessions. */
export interface ExpressLane {
  readonly label: string
  /** `bench/servers/NAME.ts`. */
  readonly server: string
  readonly expected?: Expected
  /** Locked and in earnest: the goals are for these. */
  readonly isAimed?: boolean
}

export interface ExpressPlan {
  readonly lanes: readonly ExpressLane[]
  /** The places of the peers: a row is compared with the fastest of them. */
  readonly peers: readonly [number, ...number[]]
  readonly peerName: string
  /** With what it is called in the table. */
  readonly store?: BenchStore & { readonly name: string }
  readonly size: 'full' | 'small'
  readonly log: (line: string) => void
}

export interface ExpressResult extends FigureResult {
  /** Of each server that is aimed: how it compares with the fastest peer. */
  readonly aimed: readonly { readonly label: string; readonly share: number; readonly times: number }[]
}

const sizes = {
  full: { sessions: 1000, connections: 50, warmUps: 4, slices: 12, slice: { seconds: 2, requests: Infinity } },
  small: { sessions: 20, connections: 4, warmUps: 1, slices: 1, slice: { seconds: 60, requests: 60 } },
}

/** Measures servers of Express over a database against each other, each request reading and writing a session of 300 bytes. */
export async function expressLanes({ lanes, peers, peerName, store, size, log }: ExpressPlan): Promise<ExpressResult> {
  const plan = lanes.map(({ label, server, expected = 'next' }): Lane => ({ label, server, expected, path: '/write' }))
  const results = await bench({ lanes: plan, ...(store === undefined ? {} : { store }), ...sizes[size], loadSleeps: true, log })
  const perSecond = (at: number): number => results[at]?.requestsPerSecond ?? Number.NaN
  const fastest = peers.reduce((one, other) => (perSecond(other) > perSecond(one) ? other : one))
  const both = (result: LaneResult | undefined): number => (result === undefined ? Number.NaN : result.serverMicros + result.storeMicros)
  const compared = results.map((result, at) => ({
    label: lanes[at]?.label ?? '',
    share: both(result) / both(results[fastest]),
    times: result.requestsPerSecond / perSecond(fastest),
  }))
  const rows = results.map((result, at): FigureRow => {
    const storeCpu = {
      [`CPU of ${store?.name ?? 'no store'} a request, µs`]: shown(result.storeMicros),
      'of both, µs': shown(both(result)),
    }
    return {
      server: lanes[at]?.label ?? '',
      'requests a second': shown(result.requestsPerSecond),
      [`times ${peerName}`]: shown(compared[at]?.times ?? Number.NaN),
      'server CPU a request, µs': shown(result.serverMicros),
      ...(store === undefined ? {} : storeCpu),
      [`share of the CPU of ${peerName}`]: shown(compared[at]?.share ?? Number.NaN, 2),
      'median wait, ms': shown(result.p50Ms),
      '99 % wait, ms': shown(result.p99Ms),
      'CPUs used by others': Number(result.strangers.toFixed(2)),
    }
  })
  return {
    counts: {
      requests: results.reduce((sum, { requests }) => sum + requests, 0),
      wrongAnswers: results.reduce((sum, { wrong }) => sum + wrong, 0),
    },
    rows,
    aimed: compared.filter((_, at) => lanes[at]?.isAimed === true),
  }
}
