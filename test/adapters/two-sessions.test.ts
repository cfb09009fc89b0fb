import type { RequestEvent } from '@sveltejs/kit'
import { Elysia } from 'elysia'
import { H3 } from 'h3'
import { Hono } from 'hono'
import { NextRequest } from 'next/server.js'
import { describe, expect, it, vi } from 'vitest'
import { session as elysiaSession } from '../../src/adapters/elysia.ts'
import { session as fetchSession } from '../../src/adapters/fetch.ts'
import { session as h3Session } from '../../src/adapters/h3.ts'
import { session as honoSession } from '../../src/adapters/hono.ts'
import { session as nextSession } from '../../src/adapters/next.ts'
import type { NextContext } from '../../src/adapters/next.ts'
import { session as routerSession, sessionContext } from '../../src/adapters/react-router.ts'
import { session as svelteSession } from '../../src/adapters/sveltekit.ts'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import type { Session } from '../../src/session/session.ts'
import { testClient } from '../../src/testing/test-client.ts'
import { application } from './react-router/application.ts'

interface Managers {
  readonly outer: SessionManager
  readonly inner: SessionManager
}

interface Sessions {
  readonly session: Session
  readonly admin: Session
}

type App = (request: Request) => Response | Promise<Response>

/** Sets something in both sessions, and a cookie of the application's own, which must not go out with an answer that is thrown away. */
function visit({ session, admin }: Sessions): Response {
  session.set('seen', true)
  return new Response(String(admin.increment('visits')), { headers: { 'set-cookie': 'untrue=1' } })
}

/** Two sessions of a context whose type knows one. */
function both(context: { readonly session: Session }): Sessions
function both(context: object): object {
  return context
}

const apps: readonly [string, (managers: Managers) => App][] = [
  [
    'fetch',
    ({ outer, inner }) => fetchSession(outer)(fetchSession(inner, { as: 'admin' })((_request, context: Sessions) => visit(context))),
  ],
  [
    'Hono',
    ({ outer, inner }) => {
      const app = new Hono<{ Variables: Sessions }>()
      app.use(honoSession(outer), honoSession(inner, { as: 'admin' }))
      app.get('/', (c) => visit(c.var))
      return (request) => app.fetch(request)
    },
  ],
  [
    'h3',
    ({ outer, inner }) => {
      const app = new H3({ silent: true }).use(h3Session(outer)).use(h3Session(inner, { as: 'admin' }))
      app.get('/', ({ context }) => visit(both(context)))
      return (request) => app.fetch(request)
    },
  ],
  [
    'Elysia',
    ({ outer, inner }) => {
      // What is used later stands around what was used before.
      const app = new Elysia()
        .use(elysiaSession(inner, { as: 'admin' }))
        .use(elysiaSession(outer))
        .get('/', ({ session, admin }) => visit({ session, admin }))
      return (request) => app.handle(request)
    },
  ],
  [
    'Next.js',
    ({ outer, inner }) => {
      const GET = nextSession(outer)(
        nextSession(inner, { as: 'admin' })<Pick<Sessions, 'session'> & NextContext>((_request, context) => visit(context)),
      )
      return (request) => GET(new NextRequest(request), { params: Promise.resolve({}) })
    },
  ],
  [
    'React Router',
    ({ outer, inner }) => {
      const app = application([routerSession(outer), routerSession(inner)], {
        '/': { loader: ({ context }) => visit({ session: context.get(sessionContext(outer)), admin: context.get(sessionContext(inner)) }) },
      })
      return (request) => app.fetch(request)
    },
  ],
  [
    'SvelteKit',
    ({ outer, inner }) => {
      const [first, second] = [svelteSession(outer), svelteSession(inner, { as: 'admin' })]
      return (request) => {
        const known = { request, url: new URL(request.url), locals: {}, getClientAddress: () => '198.51.100.1' }
        const answer = ({ locals }: RequestEvent): Response => visit(both(locals))
        const resolve = async (event: RequestEvent): Promise<Response> => second({ event, resolve: answer })
        return first({ event: known as RequestEvent, resolve })
      }
    },
  ],
]

describe.each(apps)('two sessions of one request in %s', (_, build) => {
  it('the browser is told of the one that was stored though that around it was not', async () => {
    const driver = new MemoryDriver({ acknowledged: true })
    const inner = new SessionManager({ driver: new MemoryDriver({ acknowledged: true }), name: 'admin' })
    const client = testClient(build({ outer: new SessionManager({ driver }), inner }))
    vi.spyOn(driver, 'insert').mockRejectedValueOnce(new Error('the store is down'))
    const failed = await client.get('/')
    expect([failed.status, failed.headers.getSetCookie()]).toEqual([503, [expect.stringMatching(/^__Host-admin=/)]])
    expect(await (await client.get('/')).text()).toBe('2')
  })
})
