import { bench } from '../harness/bench.ts'
import type { BenchPlan } from '../harness/bench.ts'
import { shown } from '../harness/quiet.ts'
import type { Figure } from './figure.ts'

const GOAL = 0.5

// In threes: without sessions, the peer, Holdfast.
const lanes = [
  { label: 'Express without sessions', server: 'express-bare', path: '/write', expected: 'none' },
  { label: 'express-session, MemoryStore', server: 'express-session-memory', path: '/write', expected: 'next' },
  { label: 'Holdfast, MemoryDriver, locked', server: 'holdfast-memory', path: '/write', expected: 'next' },
  { label: 'Express without sessions', server: 'express-bare', path: '/read', expected: 'none' },
  { label: 'express-session, MemoryStore', server: 'express-session-memory', path: '/read', expected: 'same' },
  { label: 'Holdfast, MemoryDriver, locked', server: 'holdfast-memory', path: '/read', expected: 'same' },
] as const satisfies BenchPlan['lanes']

const sizes = {
  full: { sessions: 1000, connections: 50, warmUps: 5, slices: 12, slice: { seconds: 2, requests: Infinity } },
  small: { sessions: 40, connections: 8, warmUps: 1, slices: 1, slice: { seconds: 10, requests: 200 } },
}

export const figure: Figure = {
  name: 'express-memory',
  title: 'Express with sessions in memory: CPU that a session costs the server, above the same handler without one',
  peers: ['express', 'express-session'],
  async run(size, { log }) {
    const results = await bench({ lanes, ...sizes[size], log })
    const micros = (at: number): number => results[at]?.serverMicros ?? Number.NaN
    const rows = results.map((result, at) => {
      const bare = at - (at % 3)
      const over = result.serverMicros - micros(bare)
      const share = over / (micros(bare + 1) - micros(bare))
      return {
        session: lanes[at]?.path === '/write' ? 'read and written' : 'read',
        server: lanes[at]?.label ?? '',
        'server CPU a request, µs': shown(result.serverMicros),
        'of it for the session, µs': shown(over),
        'share of express-session': shown(share, 2),
        'requests a second': shown(result.requestsPerSecond),
        'CPUs used by others': Number(result.strangers.toFixed(2)),
      }
    })
    const shares = [rows[2], rows[5]].map((row) => row?.['share of express-session'])
    log(`goal: at most ${GOAL} of express-session; measured: ${shares.join(' written, ')} read`)
    return {
      counts: {
        requests: results.reduce((sum, { requests }) => sum + requests, 0),
        wrongAnswers: results.reduce((sum, { wrong }) => sum + wrong, 0),
      },
      rows,
    }
  },
}
