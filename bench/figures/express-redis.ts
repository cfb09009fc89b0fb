import { startRedis } from '../../test/support/redis-server.ts'
import { bench } from '../harness/bench.ts'
import type { BenchPlan } from '../harness/bench.ts'
import { shown } from '../harness/quiet.ts'
import type { Figure } from './figure.ts'

/** Of the CPU of express-session + connect-redis. */
const GOAL = 0.7
const AIM = 0.6
/** Of the CPU of the same without the lock. */
const LOCK_GOAL = 1.25

const PEER = 1
const lane = { path: '/write', expected: 'next' } as const
// The places of the lanes that a lock is compared with: the same without it, and the least that any driver does.
const lanes: readonly (BenchPlan['lanes'][number] & { readonly unlocked?: number; readonly plain?: number })[] = [
  { ...lane, label: 'Express without sessions', server: 'express-bare', expected: 'none' },
  { ...lane, label: 'express-session + connect-redis', server: 'express-session-redis' },
  { ...lane, label: 'Holdfast, node-redis, locked', server: 'holdfast-redis', unlocked: 3, plain: 6 },
  { ...lane, label: 'Holdfast, node-redis, no lock: read and update', server: 'holdfast-redis-unlocked', plain: 6 },
  { ...lane, label: 'Holdfast, ioredis, locked', server: 'holdfast-redis-ioredis', unlocked: 5 },
  { ...lane, label: 'Holdfast, ioredis, no lock: read and update', server: 'holdfast-redis-ioredis-unlocked' },
  { ...lane, label: 'Holdfast, node-redis, no lock: GET and SET', server: 'holdfast-redis-plain' },
]

const sizes = {
  full: { sessions: 1000, connections: 50, warmUps: 5, slices: 12, slice: { seconds: 2, requests: Infinity } },
  small: { sessions: 20, connections: 4, warmUps: 1, slices: 1, slice: { seconds: 60, requests: 60 } },
}

export const figure: Figure = {
  name: 'express-redis',
  title: 'Express with sessions in Redis: CPU of the server a request, each reading and writing a session of 300 bytes',
  peers: ['express', 'express-session', 'connect-redis', 'redis', 'ioredis'],
  async run(size, { log }) {
    // The small size is looked at for its counts alone.
    await using redis = await startRedis({ durable: size === 'full' })
    const results = await bench({ lanes, store: redis, ...sizes[size], log })
    const micros = (at: number): number => results[at]?.serverMicros ?? Number.NaN
    const perSecond = (at: number): number => results[at]?.requestsPerSecond ?? Number.NaN
    const times = (at: number, other: number | undefined): string => (other === undefined ? '' : String(shown(micros(at) / micros(other))))
    const rows = results.map((result, at) => ({
      server: lanes[at]?.label ?? '',
      'server CPU a request, µs': shown(result.serverMicros),
      'share of connect-redis': shown(result.serverMicros / micros(PEER), 2),
      'times read and update': times(at, lanes[at]?.unlocked),
      'times GET and SET': times(at, lanes[at]?.plain),
      'requests a second': shown(result.requestsPerSecond),
      'times connect-redis': shown(result.requestsPerSecond / perSecond(PEER)),
      'CPU of Redis a request, µs': shown(result.storeMicros),
      'CPUs used by others': Number(result.strangers.toFixed(2)),
    }))
    for (const { server, 'share of connect-redis': share, 'times read and update': lock, 'times GET and SET': plain } of rows) {
      if (lock === '') continue
      log(`${server}: ${share} of the CPU of connect-redis (goal ${GOAL}, aim ${AIM})`)
      log(`${server}: ${lock} of the CPU without lock, ${plain || 'not measured'} of that with GET and SET (goal ${LOCK_GOAL})`)
    }
    return {
      counts: {
        requests: results.reduce((sum, { requests }) => sum + requests, 0),
        wrongAnswers: results.reduce((sum, { wrong }) => sum + wrong, 0),
      },
      rows,
    }
  },
}
