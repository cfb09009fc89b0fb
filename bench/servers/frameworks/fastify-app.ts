import fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import type { Candidate } from '../../harness/candidate.ts'
import { PATHS } from './counter.ts'
import type { Counter } from './counter.ts'

/** Fastify with its defaults, in front of the counter. */
export async function fastifyCandidate<Carrier>(
  prepare: (app: FastifyInstance) => Promise<void>,
  counter: Counter<Carrier>,
): Promise<Candidate> {
  const app = fastify()
  await prepare(app)
  for (const path of PATHS) {
    const count = counter[path]
    app.get(path, async (request) => count(Reflect.get(request, 'session') as Carrier))
  }
  await app.ready()
  return { listener: (request, response) => app.routing(request, response), close: () => app.close() }
}
