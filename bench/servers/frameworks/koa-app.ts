import Koa from 'koa'
import type { Candidate } from '../../harness/candidate.ts'
import { PATHS } from './counter.ts'
import type { Counter } from './counter.ts'

/** Koa with its defaults, in front of the counter. */
export function koaCandidate<Carrier>(prepare: (app: Koa) => void, counter: Counter<Carrier>): Candidate {
  const app = new Koa()
  prepare(app)
  app.use(async (ctx) => {
    const path = PATHS.find((known) => known === ctx.path)
    if (path !== undefined) ctx.body = await counter[path](Reflect.get(ctx, 'session') as Carrier)
  })
  const answer = app.callback()
  return { listener: (request, response) => void answer(request, response) }
}
