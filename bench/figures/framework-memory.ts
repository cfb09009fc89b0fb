import { bench } from '../harness/bench.ts'
import type { BenchPlan } from '../harness/bench.ts'
import { shown } from '../harness/quiet.ts'
import type { Figure } from './figure.ts'

const FRAMEWORKS = [
  { name: 'Fastify', folder: 'fastify', peer: '@fastify/session', goal: 0.6 },
  { name: 'Koa', folder: 'koa', peer: 'koa-session, store in memory', goal: 0.6 },
  { name: 'Hono', folder: 'hono', peer: '@hono/session, storage in memory', goal: 0.3 },
] as const

// In threes: without sessions, the peer, Holdfast.
const lanes: BenchPlan['lanes'] = FRAMEWORKS.flatMap(({ name, folder, peer }) => [
  { label: `${name} without sessions`, server: `frameworks/${folder}-bare`, path: '/write', expected: 'none' },
  { label: peer, server: `frameworks/${folder}-session`, path: '/write', expected: 'next' },
  { label: 'Holdfast, MemoryDriver, locked', server: `frameworks/${folder}-holdfast`, path: '/write', expected: 'next' },
])

const sizes = {
  full: { sessions: 1000, connections: 50, warmUps: 5, slices: 12, slice: { seconds: 2, requests: Infinity } },
  small: { sessions: 40, connections: 8, warmUps: 1, slices: 1, slice: { seconds: 10, requests: 200 } },
}

export const figure: Figure = {
  name: 'framework-memory',
  title:
    'Fastify, Koa and Hono with sessions in memory: CPU that a counted request costs the server, above the same handler without a session',
  peers: ['fastify', '@fastify/session', 'koa', 'koa-session', 'hono', '@hono/session', '@hono/node-server'],
  async run(size, { log }) {
    const results = await bench({ lanes, ...sizes[size], log })
    const micros = (at: number): number => results[at]?.serverMicros ?? Number.NaN
    const rows = results.map((result, at) => {
      const framework = FRAMEWORKS[Math.floor(at / 3)]
      const bare = at - (at % 3)
      const over = result.serverMicros - micros(bare)
      return {
        framework: framework?.name ?? '',
        server: lanes[at]?.label ?? '',
        'server CPU a request, µs': shown(result.serverMicros),
        'of it for the session, µs': shown(over),
        'share of the peer': shown(over / (micros(bare + 1) - micros(bare)), 2),
        goal: at % 3 === 2 ? `at most ${String(framework?.goal)}` : '',
        'requests a second': shown(result.requestsPerSecond),
        'CPUs used by others': Number(result.strangers.toFixed(2)),
      }
    })
    return {
      counts: {
        requests: results.reduce((sum, { requests }) => sum + requests, 0),
        wrongAnswers: results.reduce((sum, { wrong }) => sum + wrong, 0),
      },
      rows,
    }
  },
}
