import type { LaneResult } from '../harness/bench.ts'
import { median, quieterHalf } from '../harness/quiet.ts'

/**
 * CPU of the server that a lane needs more than another, a request, in microseconds: slice by slice less the other's of the same round, which was a
 * moment ago, and of that the median over the half of the rounds in which strangers used least.
 */
export function addedMicros(lane: LaneResult, bare: LaneResult): number {
  const rounds = lane.slices.map(({ serverMicros, strangers }, round) => {
    const beside = bare.slices[round]
    if (beside === undefined) throw new RangeError('the lanes had not as many slices')
    return { added: serverMicros - beside.serverMicros, strangers: Math.max(strangers, beside.strangers) }
  })
  return median(quieterHalf(rounds).map(({ added }) => added))
}

/** What a table says of a goal, if there is one. */
export function judged(measured: number, atMost: number | undefined): string {
  if (atMost === undefined) return ''
  return `at most ${atMost}: ${Number.isNaN(measured) ? 'not to be told' : measured <= atMost ? 'reached' : 'missed'}`
}
