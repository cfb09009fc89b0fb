import { startRedis } from '../../test/support/redis-server.ts'
import { bench } from '../harness/bench.ts'
import type { BenchPlan } from '../harness/bench.ts'
import { shown } from '../harness/quiet.ts'
import type { Figure } from './figure.ts'

/** Of the server's CPU of express-session + connect-redis. */
const GOAL = 0.85

const [BARE, PEER, OPEN, SEALED] = [0, 1, 2, 3]
const lane = { path: '/write', expected: 'next' } as const
const lanes: BenchPlan['lanes'] = [
  { ...lane, label: 'Express without sessions', server: 'express-bare', expected: 'none' },
  { ...lane, label: 'express-session + connect-redis', server: 'express-session-redis' },
  { ...lane, label: 'Holdfast, node-redis, locked', server: 'holdfast-redis' },
  { ...lane, label: 'Holdfast, node-redis, locked, sealed', server: 'holdfast-redis-sealed' },
]

const sizes = {
  full: { sessions: 1000, connections: 50, warmUps: 5, slices: 12, slice: { seconds: 2, requests: Infinity } },
  small: { sessions: 20, connections: 4, warmUps: 1, slices: 1, slice: { seconds: 60, requests: 60 } },
}

export const figure: Figure = {
  name: 'express-redis-sealed',
  title: 'Express with sealed sessions in Redis: CPU of the server a request, each reading and writing a session of 300 bytes',
  peers: ['express', 'express-session', 'connect-redis', 'redis'],
  async run(size, { log }) {
    await using redis = await startRedis({ durable: size === 'full' })
    const results = await bench({ lanes, store: redis, ...sizes[size], log })
    const micros = (at: number): number => results[at]?.serverMicros ?? Number.NaN
    log(`sealed: ${shown(micros(SEALED) / micros(PEER), 2)} of the CPU of connect-redis (goal ${GOAL})`)
    log(`sealing: ${shown(micros(SEALED) - micros(OPEN))} µs a request`)
    return {
      counts: {
        requests: results.reduce((sum, { requests }) => sum + requests, 0),
        wrongAnswers: results.reduce((sum, { wrong }) => sum + wrong, 0),
      },
      rows: results.map((result, at) => ({
        server: lanes[at]?.label ?? '',
        'server CPU a request, µs': shown(result.serverMicros),
        'of it for the session, µs': shown(result.serverMicros - micros(BARE)),
        'share of connect-redis': shown(result.serverMicros / micros(PEER), 2),
        'requests a second': shown(result.requestsPerSecond),
        'times connect-redis': shown(result.requestsPerSecond / (results[PEER]?.requestsPerSecond ?? Number.NaN)),
        'CPU of Redis a request, µs': shown(result.storeMicros),
        'CPUs used by others': Number(result.strangers.toFixed(2)),
      })),
    }
  },
}
