import { setTimeout as sleep } from 'node:timers/promises'
import type { Reading } from '../../proof/run/gauge.ts'
import type { Host } from '../../proof/run/host.ts'
import { meanOf, slopeOf } from './slope.ts'

/** What the readings of one process come to. */
export interface Course {
  readonly readings: number
  readonly requests: number
  /** Over the second half, in which all code is compiled and all that is kept for later is there. Bytes, and bytes a minute. */
  readonly heap: number
  readonly heapSlope: number
  readonly residentSlope: number
  readonly requestsAMinute: number
  /** In the end, bytes. */
  readonly resident: number
  readonly late: Reading['late']
}

/** Reads a process again and again, and once more when it is over. */
export async function readingsOf(host: Host, everyMs: number, over: AbortSignal): Promise<Reading[]> {
  const readings = [await read(host)]
  while (!over.aborted) {
    await sleep(everyMs, undefined, { signal: over }).catch(() => {})
    readings.push(await read(host))
  }
  return readings
}

export function courseOf(readings: readonly Reading[]): Course {
  const [first, last] = [readings.at(0), readings.at(-1)]
  if (first === undefined || last === undefined) throw new TypeError('this process was never read')
  const half = readings.filter(({ at }) => at >= (first.at + last.at) / 2)
  const aMinute = (of: (reading: Reading) => number): number => slopeOf(half.map((reading) => ({ x: reading.at / 60, y: of(reading) })))
  return {
    readings: readings.length,
    requests: last.requests,
    heap: meanOf(half.map(({ heap }) => heap)),
    heapSlope: aMinute(({ heap }) => heap),
    residentSlope: aMinute(({ resident }) => resident),
    requestsAMinute: aMinute(({ requests }) => requests),
    resident: last.resident,
    late: last.late,
  }
}

async function read(host: Host): Promise<Reading> {
  const answer = await host.order({ kind: 'read gauge' })
  if (!isReading(answer)) throw new TypeError(`no reading: ${JSON.stringify(answer)}`)
  return answer
}

function isReading(answer: unknown): answer is Reading {
  return typeof answer === 'object' && answer !== null && 'heap' in answer && 'late' in answer
}
