import { createRequire } from 'node:module'
import cookie from '@fastify/cookie'
import type { Candidate } from '../../harness/candidate.ts'
import { SECRET } from './counter.ts'
import { withObject } from './counters.ts'
import { fastifyCandidate } from './fastify-app.ts'

// Not by `import`: with its types every request of Fastify in this repository would have a session of its own.
const session = createRequire(import.meta.url)('@fastify/session')

/** @fastify/session so that it does least: nothing is saved for nobody, and none that did not change. Without a store it keeps its own, in memory. */
export function fastifySessionApp(store?: unknown): Promise<Candidate> {
  return fastifyCandidate(async (app) => {
    await app.register(cookie)
    await app.register(session, { secret: SECRET, saveUninitialized: false, rolling: false, cookie: { secure: false }, store })
  }, withObject)
}
