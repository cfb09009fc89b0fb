import { H3, redirect } from 'h3'
import { Hono } from 'hono'
import { csrf as fetchCsrf, logout as fetchLogout, session as fetchSession } from '../../../src/adapters/fetch.ts'
import type { FetchHandler } from '../../../src/adapters/fetch.ts'
import { csrf as h3Csrf, logout as h3Logout, session as h3Session } from '../../../src/adapters/h3.ts'
import { csrf as honoCsrf, logout as honoLogout, session as honoSession } from '../../../src/adapters/hono.ts'
import type { SessionVariables } from '../../../src/adapters/hono.ts'
import type { SessionManager } from '../../../src/manager/session-manager.ts'
import type { Session } from '../../../src/session/session.ts'
import { count, login, parts, tokenOf } from './shop.ts'

export type Handle = (request: Request) => Response | Promise<Response>

/** The application as a plain fetch handler. */
export function fetchApp(sessions: SessionManager): Handle {
  type Route = FetchHandler<{ readonly session: Session }>
  const routes: Readonly<Record<string, Route>> = {
    'GET /count': async (_, { session }) => new Response(await count(session)),
    'GET /form': (_, { session }) => new Response(tokenOf(session)),
    'GET /throw': async (_, { session }) => {
      await count(session)
      throw new Error('on purpose')
    },
    'GET /parts': async (_, { session }) => {
      await count(session)
      return new Response(parts(session))
    },
    'POST /save': async (_, { session }) => new Response(await count(session)),
    'POST /login': async (_, { session }) => {
      await login(session)
      return new Response(null, { status: 302, headers: { location: '/' } })
    },
    'POST /logout': fetchLogout({ redirect: '/', clearSiteData: ['cache'] }),
  }
  const route: Route = (request, context) =>
    routes[`${request.method} ${new URL(request.url).pathname}`]?.(request, context) ?? new Response('Not Found', { status: 404 })
  const guarded = fetchSession(sessions)(fetchCsrf()(route))
  return (request) => guarded(request).catch(() => new Response('Internal Server Error', { status: 500 }))
}

/** The application in Hono. */
export function honoApp(sessions: SessionManager): Handle {
  const app = new Hono<{ Variables: SessionVariables }>()
  app.use(honoSession(sessions), honoCsrf())
  // Hono's own would print what was thrown.
  app.onError((error, c) => ('getResponse' in error ? error.getResponse() : c.text('Internal Server Error', 500)))
  app.get('/count', async (c) => c.text(await count(c.var.session)))
  app.get('/form', (c) => c.text(tokenOf(c.var.session)))
  app.get('/throw', async (c) => {
    await count(c.var.session)
    throw new Error('on purpose')
  })
  app.get('/parts', async (c) => {
    await count(c.var.session)
    return c.body(parts(c.var.session))
  })
  app.post('/save', async (c) => c.text(await count(c.var.session)))
  app.post('/login', async (c) => {
    await login(c.var.session)
    return c.redirect('/')
  })
  app.post('/logout', honoLogout({ redirect: '/', clearSiteData: ['cache'] }))
  return (request) => app.request(request)
}

/** The application in h3. */
export function h3App(sessions: SessionManager): Handle {
  const app = new H3({ silent: true })
  app.use(h3Session(sessions))
  app.use(h3Csrf())
  app.get('/count', ({ context }) => count(context.session))
  app.get('/form', ({ context }) => tokenOf(context.session))
  app.get('/throw', async ({ context }) => {
    await count(context.session)
    throw new Error('on purpose')
  })
  app.get('/parts', async ({ context }) => {
    await count(context.session)
    return parts(context.session)
  })
  app.post('/save', ({ context }) => count(context.session))
  app.post('/login', async ({ context }) => {
    await login(context.session)
    return redirect('/')
  })
  app.post('/logout', h3Logout({ redirect: '/', clearSiteData: ['cache'] }))
  return (request) => app.request(request)
}
