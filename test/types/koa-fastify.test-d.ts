import { createServer } from 'node:http'
import fastify from 'fastify'
import Koa from 'koa'
import * as forFastify from '../../src/adapters/fastify.ts'
import * as forKoa from '../../src/adapters/koa.ts'
import type { SessionManager } from '../../src/manager/session-manager.ts'

declare const sessions: SessionManager
declare const typed: SessionManager<{ cart: { total: number } }>

// Every context of Koa has a session, whatever the application's own state and context are.
interface Own {
  readonly trace: string
}
const koa = new Koa<Own, Own>()
koa
  .use(forKoa.session(sessions))
  .use(forKoa.csrf({ cookie: true }))
  .use(forKoa.requireFresh())
  .use(forKoa.ownPages())
koa.use(forKoa.session(typed, { as: 'shop', concurrency: (ctx) => (ctx.path === '/poll' ? 'readonly' : undefined) }))
koa.use(forKoa.logout({ redirect: '/' }))
koa.use(async (ctx) => {
  await ctx.session.regenerate({ destroy: true })
  const token: string | undefined = ctx.session.currentToken
  // @ts-expect-error no such member
  ctx.session.destory()
  ctx.body = [token, ctx.trace, ctx.state.trace]
})
createServer((request, response) => void koa.callback()(request, response))
const plain = new Koa()
plain.use((ctx) => {
  // @ts-expect-error no such member
  ctx.session.destory()
})

// So has every request of Fastify.
const app = fastify()
app.register(forFastify.session(sessions))
app.register(
  forFastify.session(typed, { as: 'shop', hook: 'preValidation', concurrency: (request) => (request.ip === '' ? 'readonly' : undefined) }),
)
app.addHook('preValidation', forFastify.csrf())
app.addHook('preHandler', forFastify.ownPages())
app.post<{ Body: { name: string } }>(
  '/',
  { preHandler: [forFastify.requireFresh()], preValidation: forFastify.csrf() },
  async (request) => {
    await request.session.regenerate({ destroy: true })
    // @ts-expect-error no such member
    request.session.destory()
    return request.body.name
  },
)
app.post('/logout', { preHandler: forFastify.requireFresh() }, forFastify.logout({ redirect: '/' }))

// Options and their values are checked.
// @ts-expect-error no such option
forKoa.session(sessions, { exept: [] })
// @ts-expect-error Koa has its own way with errors
forKoa.session(sessions, { onError: () => undefined })
// @ts-expect-error no such way
forKoa.session(sessions, { concurrency: () => 'optimistic' })
// @ts-expect-error a manager is needed
forKoa.session({})
// @ts-expect-error no such hook
forFastify.session(sessions, { hook: 'onSend' })
// @ts-expect-error no such option
forFastify.csrf({ field: '_csrf' })
