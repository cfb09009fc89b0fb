import { Elysia } from 'elysia'
import { csrf, ElysiaSessionError, logout, session } from '../../../src/adapters/elysia.ts'
import type { SessionManager } from '../../../src/manager/session-manager.ts'
import { count, login, parts, tokenOf } from './shop.ts'

/** What is used of an application that Elysia made. Its own type says every route. */
export interface ElysiaApp {
  handle(request: Request): Promise<Response>
  listen(options: { readonly port: number; readonly hostname: string }): unknown
  readonly server: { readonly port?: number | undefined } | null
}

/** The application in Elysia. */
export function elysiaApp(sessions: SessionManager): ElysiaApp {
  return new Elysia()
    .use(session(sessions))
    .use(csrf())
    .onError(({ error }) => (error instanceof ElysiaSessionError ? undefined : new Response('Internal Server Error', { status: 500 })))
    .get('/count', (given) => count(given.session))
    .get('/form', (given) => tokenOf(given.session))
    .get('/throw', async (given) => {
      await count(given.session)
      throw new Error('on purpose')
    })
    .get('/parts', async (given) => {
      await count(given.session)
      return parts(given.session)
    })
    .post('/save', (given) => count(given.session))
    .post('/login', async (given) => {
      await login(given.session)
      // Elysia's own `redirect` asks the runtime, and Node takes no path.
      return new Response(null, { status: 302, headers: { location: '/' } })
    })
    .post('/logout', logout({ redirect: '/', clearSiteData: ['cache'] }))
}
