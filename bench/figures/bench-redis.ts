import { comparePairs } from '../compare/pairs.ts'
import type { Pair } from '../compare/pair.ts'
import { startRedis } from '../../test/support/redis-server.ts'
import type { Figure } from './figure.ts'

export const pairs: readonly Pair[] = [
  {
    title: 'Express, Redis',
    bare: { label: 'Express without sessions', server: 'express-bare' },
    peer: { label: 'express-session + connect-redis', server: 'express-session-redis' },
    ours: [
      { label: 'Holdfast, locked', server: 'holdfast-redis', goal: 0.45 },
      { label: "Holdfast, 'merge'", server: 'holdfast-redis-merge' },
    ],
    processes: 2,
  },
  {
    title: 'Fastify, Redis',
    bare: { label: 'Fastify without sessions', server: 'frameworks/fastify-bare' },
    peer: { label: '@fastify/session + connect-redis', server: 'frameworks/fastify-session-redis' },
    ours: [{ label: 'Holdfast, locked', server: 'frameworks/fastify-holdfast-redis', goal: 0.5 }],
    processes: 2,
  },
  {
    title: 'Hono, Redis',
    bare: { label: 'Hono without sessions', server: 'frameworks/hono-bare' },
    peer: { label: '@hono/session, storage in Redis', server: 'frameworks/hono-session-redis' },
    ours: [{ label: 'Holdfast, locked', server: 'frameworks/hono-holdfast-redis', goal: 0.5 }],
    processes: 2,
  },
  {
    title: 'Koa, Redis',
    bare: { label: 'Koa without sessions', server: 'frameworks/koa-bare' },
    peer: { label: 'koa-session, store in Redis', server: 'frameworks/koa-session-redis' },
    ours: [{ label: 'Holdfast, locked', server: 'frameworks/koa-holdfast-redis' }],
    processes: 2,
  },
]

export const figure: Figure = {
  name: 'bench-redis',
  title: 'Sessions in Redis, beside the peers of four frameworks',
  peers: [
    'express',
    'express-session',
    'fastify',
    '@fastify/session',
    'connect-redis',
    'hono',
    '@hono/node-server',
    '@hono/session',
    'koa',
    'koa-session',
    'redis',
  ],
  async run(size, options) {
    await using store = await startRedis()
    return await comparePairs(pairs, { ...options, size, store })
  },
}
