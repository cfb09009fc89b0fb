import { H3 } from 'h3'
import type { H3Event, Middleware } from 'h3'
import { toNodeHandler } from 'h3/node'
import type { Candidate } from '../../harness/candidate.ts'
import { handlersOf } from './counter.ts'
import type { Counter } from './counter.ts'

/** h3 with its defaults on Node, in front of the counter. */
export function h3Candidate(middleware: readonly Middleware[], counter: Counter<H3Event>): Candidate {
  const app = new H3()
  for (const one of middleware) app.use(one)
  for (const [path, handle] of handlersOf(counter)) app.get(path, (event) => handle(event, Number(event.url.searchParams.get('ms') ?? 0)))
  const answer = toNodeHandler(app)
  return { listener: (request, response) => void answer(request, response) }
}
