import type { NodeRequest } from '../node/response.ts'
import { runConnect } from './connect.ts'
import type { ConnectAnswer, ConnectMiddleware } from './connect.ts'

/** What is used of a context of Koa. */
export interface KoaContext {
  readonly req: NodeRequest
  readonly res: object
  readonly request: object
  readonly query: unknown
  readonly state: object
  status: number
  body: unknown
  set(name: string, value: string | string[]): void
  redirect(url: string): void
}

/** Middleware for every Koa application, whatever its state and context are. */
export type PassportKoaMiddleware = (ctx: KoaContext, next: () => Promise<unknown>) => Promise<void>

/**
 * Makes middleware of Koa of one of Passport's: `app.use(onKoa(passportSession()))`, `app.use(onKoa(passport.session()))`,
 * `router.post('/login', onKoa(passport.authenticate('local', { successRedirect: '/' })))`.
 *
 * The user is `ctx.state.user`; `login` and `logout` are methods of `ctx.req`. What parses bodies goes before.
 */
export function onKoa(middleware: ConnectMiddleware): PassportKoaMiddleware {
  return async (ctx, next) => {
    linkSession(ctx)
    const parsed = { request: ctx.req, response: ctx.res, body: Reflect.get(ctx.request, 'body'), query: ctx.query }
    const goesOn = await runConnect(middleware, parsed, (ended) => answerOf(ctx, ended))
    Reflect.set(ctx.state, 'user', Reflect.get(ctx.req, 'user'))
    if (goesOn) await next()
  }
}

/** From now on the context has the session that the request of Node has: a login gives that another one. */
function linkSession(ctx: KoaContext): void {
  const known = Reflect.getOwnPropertyDescriptor(ctx, 'session')
  if (known?.get !== undefined) return
  Object.defineProperty(ctx, 'session', {
    get: () => Reflect.get(ctx.req, 'session'),
    set: (value: unknown) => {
      Reflect.set(ctx.req, 'session', value)
    },
    configurable: true,
    enumerable: true,
  })
}

function answerOf(ctx: KoaContext, ended: () => void): ConnectAnswer {
  return {
    get statusCode() {
      return ctx.status
    },
    set statusCode(status) {
      ctx.status = status
    },
    setHeader: (name, value) => ctx.set(name, typeof value === 'string' ? value : [...value]),
    redirect: (url) => {
      ctx.redirect(url)
      ended()
    },
    end: (body = '') => {
      ctx.body = body
      ended()
    },
  }
}
