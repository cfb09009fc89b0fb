import { comparePairs } from '../compare/pairs.ts'
import type { Pair } from '../compare/pair.ts'
import type { Figure } from './figure.ts'

const express = { label: 'Express without sessions', server: 'express-bare' }
const inMemory = 'Holdfast, MemoryDriver, locked'

export const pairs: readonly Pair[] = [
  {
    title: 'Express, memory',
    bare: express,
    peer: { label: 'express-session, MemoryStore', server: 'express-session-memory' },
    ours: [{ label: inMemory, server: 'holdfast-memory', goal: 0.5 }],
    processes: 1,
  },
  {
    title: 'Fastify, memory',
    bare: { label: 'Fastify without sessions', server: 'frameworks/fastify-bare' },
    peer: { label: '@fastify/session, its own store', server: 'frameworks/fastify-session-memory' },
    ours: [{ label: inMemory, server: 'frameworks/fastify-holdfast-memory', goal: 0.6 }],
    processes: 1,
  },
  {
    title: 'Koa, memory',
    bare: { label: 'Koa without sessions', server: 'frameworks/koa-bare' },
    peer: { label: 'koa-session, store in memory', server: 'frameworks/koa-session-memory' },
    ours: [{ label: inMemory, server: 'frameworks/koa-holdfast-memory', goal: 0.6 }],
    processes: 1,
  },
  {
    title: 'Hono, memory',
    bare: { label: 'Hono without sessions', server: 'frameworks/hono-bare' },
    peer: { label: '@hono/session, storage in memory', server: 'frameworks/hono-session-memory' },
    ours: [{ label: inMemory, server: 'frameworks/hono-holdfast-memory', goal: 0.3 }],
    processes: 1,
  },
  {
    title: 'Express, files',
    bare: express,
    peer: { label: 'express-session + session-file-store', server: 'express-session-files' },
    ours: [
      { label: 'Holdfast, FileDriver, locked', server: 'holdfast-files' },
      { label: "Holdfast, FileDriver, locked, durability: 'power'", server: 'holdfast-files-power' },
    ],
    processes: 2,
  },
  {
    title: 'Express, cookie beside memory',
    bare: express,
    peer: { label: 'iron-session, sealed into the cookie', server: 'frameworks/express-iron-session' },
    ours: [{ label: inMemory, server: 'holdfast-memory' }],
    processes: 1,
  },
  {
    title: 'h3, cookie beside memory',
    bare: { label: 'h3 without sessions', server: 'frameworks/h3-bare' },
    peer: { label: "h3's own, sealed into the cookie", server: 'frameworks/h3-session' },
    ours: [{ label: inMemory, server: 'frameworks/h3-holdfast-memory' }],
    processes: 1,
  },
]

export const figure: Figure = {
  name: 'bench-local',
  title: 'Sessions in memory and files, beside the peers of five frameworks, two of which seal them into the cookie',
  peers: [
    'express',
    'express-session',
    'session-file-store',
    'iron-session',
    'fastify',
    '@fastify/session',
    'koa',
    'koa-session',
    'hono',
    '@hono/node-server',
    '@hono/session',
    'h3',
  ],
  run: (size, options) => comparePairs(pairs, { ...options, size }),
}
