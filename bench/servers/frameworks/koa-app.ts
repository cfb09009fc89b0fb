import Koa from 'koa'
import type { Candidate } from '../../harness/candidate.ts'
import { handlersOf } from './counter.ts'
import type { Counter } from './counter.ts'

/** Koa with its defaults, in front of the counter. */
export function koaCandidate<Carrier>(prepare: (app: Koa) => void, counter: Counter<Carrier>): Candidate {
  const app = new Koa()
  const handlers = handlersOf(counter)
  prepare(app)
  app.use(async (ctx) => {
    const handle = handlers.get(ctx.path)
    if (handle !== undefined) ctx.body = await handle(Reflect.get(ctx, 'session') as Carrier, Number(ctx.query['ms'] ?? 0))
  })
  const answer = app.callback()
  return { listener: (request, response) => void answer(request, response) }
}
