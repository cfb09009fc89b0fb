import { Readable } from 'node:stream'
import { bodyParser } from '@koa/bodyparser'
import Koa from 'koa'
import { csrf, logout, requireFresh, session } from '../../src/adapters/koa.ts'
import type { Session } from '../../src/session/session.ts'
import { formFields, isMultipart } from './form-fields.ts'
import { serveListener, transportSuite } from './suite.ts'
import type { House } from './suite.ts'

declare module 'koa' {
  interface DefaultContext {
    staff?: Session
  }
}

type Route = Koa.Middleware

function routesOf(house: House): Readonly<Record<string, Route>> {
  const text =
    (answer: (session: Session) => string | Promise<string>, status = 200): Route =>
    async (ctx) => {
      ctx.status = status
      ctx.body = await answer(ctx.session)
    }
  const stream =
    (chunks: (session: Session) => AsyncIterable<string>): Route =>
    async (ctx) => {
      await house.count(ctx.session)
      ctx.body = Readable.from(chunks(ctx.session))
    }
  const fresh = requireFresh({ withinSeconds: 300 })
  return {
    ...Object.fromEntries(house.texts.map(({ method, path, answer, status }) => [`${method.toUpperCase()} ${path}`, text(answer, status)])),
    'GET /form': text((visitor) => house.form(visitor)),
    'POST /login': async (ctx) => {
      await house.login(ctx.session)
      ctx.redirect('/home')
    },
    'POST /logout': logout({ redirect: '/home' }),
    'GET /loop': async (ctx) => {
      ctx.body = await house.loop(ctx.session, ctx.get('cookie'))
    },
    'GET /refuse': async (ctx) => {
      await house.count(ctx.session)
      ctx.throw(404, 'not here')
    },
    'GET /stream': stream((visitor) => house.chunks(visitor)),
    'GET /broken-stream': stream(() => house.brokenChunks()),
    'GET /same': async (ctx) => {
      await house.count(ctx.session)
      ctx.status = 200
      ctx.etag = 'same'
      if (ctx.fresh) ctx.status = 304
      else ctx.body = 'same'
    },
    'GET /cookies': async (ctx) => {
      ctx.cookies.set('a', '1')
      ctx.cookies.set('b', '2')
      ctx.body = await house.count(ctx.session)
    },
    'GET /fresh': (ctx) =>
      fresh(ctx, async () => {
        ctx.body = 'fresh'
      }),
    'GET /exempt': (ctx: { session?: unknown; body: unknown }) => {
      ctx.body = ctx.session === undefined ? 'none' : 'some'
    },
    'GET /both': (ctx) => {
      ctx.body = ctx.staff && house.both(ctx.session, ctx.staff)
    },
  }
}

transportSuite('Koa', (house) => {
  const routes = routesOf(house)
  const app = new Koa()
  app.silent = true
  app.use(bodyParser())
  app.use(async (ctx, next) => {
    const { 'content-type': type } = ctx.headers
    if (isMultipart(type)) ctx.request.body = await formFields(ctx.req, type)
    await next()
  })
  app.use(session(house.sessions, house.options))
  if (house.staff !== undefined) app.use(session(house.staff, { as: 'staff' }))
  app.use(csrf())
  app.use((ctx, next) => {
    const method = ctx.method === 'HEAD' ? 'GET' : ctx.method
    return routes[`${method} ${ctx.path}`]?.(ctx, next)
  })
  return serveListener(app.callback())
})
