import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import type { MiddlewareHandler } from 'hono'
import type { Candidate } from '../../harness/candidate.ts'
import { handlersOf } from './counter.ts'
import type { Counter } from './counter.ts'

/** Hono with its defaults on its own adapter for Node, in front of the counter. */
export function honoCandidate<Carrier>(middleware: readonly MiddlewareHandler[], counter: Counter<Carrier>): Candidate {
  const app = new Hono()
  for (const one of middleware) app.use(one)
  for (const [path, handle] of handlersOf(counter)) {
    app.get(path, async (c) => c.json(await handle(Reflect.get(c.var, 'session') as Carrier, Number(c.req.query('ms') ?? 0))))
  }
  const answer = getRequestListener((request) => app.fetch(request))
  return { listener: (request, response) => void answer(request, response) }
}
