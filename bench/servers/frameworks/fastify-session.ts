import { createRequire } from 'node:module'
import cookie from '@fastify/cookie'
import type { Candidate } from '../../harness/candidate.ts'
import { SECRET, withObject } from './counter.ts'
import { fastifyCandidate } from './fastify-app.ts'

// Not by `import`: with its types every request of Fastify in this repository would have a session of its own.
const session = createRequire(import.meta.url)('@fastify/session')

/** @fastify/session with its own store in memory, as its documentation sets it up; nothing is saved for nobody. */
export function start(): Promise<Candidate> {
  return fastifyCandidate(async (app) => {
    await app.register(cookie)
    await app.register(session, { secret: SECRET, saveUninitialized: false, cookie: { secure: false } })
  }, withObject)
}
