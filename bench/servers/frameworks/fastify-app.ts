import fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import type { Candidate } from '../../harness/candidate.ts'
import { handlersOf } from './counter.ts'
import type { Counter } from './counter.ts'

/** Fastify with its defaults, in front of the counter. */
export async function fastifyCandidate<Carrier>(
  prepare: (app: FastifyInstance) => Promise<void>,
  counter: Counter<Carrier>,
): Promise<Candidate> {
  const app = fastify()
  await prepare(app)
  for (const [path, handle] of handlersOf(counter)) {
    app.get<{ Querystring: { ms?: string } }>(path, async (request) =>
      handle(Reflect.get(request, 'session') as Carrier, Number(request.query.ms ?? 0)),
    )
  }
  await app.ready()
  return { listener: (request, response) => app.routing(request, response), close: () => app.close() }
}
