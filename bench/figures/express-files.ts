import { bench } from '../harness/bench.ts'
import type { BenchPlan } from '../harness/bench.ts'
import { shown } from '../harness/quiet.ts'
import type { Figure } from './figure.ts'

const GOAL = 6

const lanes = [
  { label: 'express-session + session-file-store', server: 'express-session-files', path: '/write', expected: 'next' },
  { label: 'Holdfast, locked', server: 'holdfast-files', path: '/write', expected: 'next' },
  { label: "Holdfast, locked, durability: 'power'", server: 'holdfast-files-power', path: '/write', expected: 'next' },
  { label: 'Express without sessions', server: 'express-bare', path: '/write', expected: 'none' },
] as const satisfies BenchPlan['lanes']

const sizes = {
  full: { sessions: 1000, connections: 50, warmUps: 5, slices: 12, slice: { seconds: 2, requests: Infinity } },
  small: { sessions: 40, connections: 8, warmUps: 1, slices: 1, slice: { seconds: 10, requests: 120 } },
}

export const figure: Figure = {
  name: 'express-files',
  title: 'Express with sessions in files: requests a second, each reading and writing a session of 300 bytes',
  peers: ['express', 'express-session', 'session-file-store'],
  async run(size, { log }) {
    const results = await bench({ lanes, ...sizes[size], log })
    const reference = results[0]?.requestsPerSecond ?? Number.NaN
    const ours = results[1]?.requestsPerSecond ?? Number.NaN
    log(`goal: at least ${GOAL} times session-file-store; measured: ${shown(ours / reference)}`)
    return {
      counts: {
        requests: results.reduce((sum, { requests }) => sum + requests, 0),
        wrongAnswers: results.reduce((sum, { wrong }) => sum + wrong, 0),
      },
      rows: results.map((result, at) => ({
        server: lanes[at]?.label ?? '',
        'requests a second': shown(result.requestsPerSecond),
        'times session-file-store': shown(result.requestsPerSecond / reference),
        'server CPU a request, µs': shown(result.serverMicros),
        'median wait, ms': shown(result.p50Ms),
        '99 % wait, ms': shown(result.p99Ms),
        'CPUs used by others': Number(result.strangers.toFixed(2)),
      })),
    }
  },
}
