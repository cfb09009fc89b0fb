import { csrf, logout, requireFresh, session } from '../../src/adapters/fetch.ts'
import type { FetchHandler } from '../../src/adapters/fetch.ts'
import type { Session } from '../../src/session/session.ts'
import { serveFetch, streamOf } from './serve-fetch.ts'
import { transportSuite } from './suite.ts'
import type { House } from './suite.ts'

interface Context {
  readonly session: Session
  readonly staff: Session
}

type Route = FetchHandler<Context>

function routesOf(house: House): Readonly<Record<string, Route>> {
  const text =
    (answer: (session: Session) => string | Promise<string>, status = 200): Route =>
    async (_, context) =>
      new Response(await answer(context.session), { status })
  const stream =
    (chunks: (session: Session) => AsyncGenerator<string, void>): Route =>
    async (_, context) => {
      await house.count(context.session)
      return new Response(streamOf(chunks(context.session)))
    }
  return {
    ...Object.fromEntries(house.texts.map(({ method, path, answer, status }) => [`${method.toUpperCase()} ${path}`, text(answer, status)])),
    'GET /form': (_, context) => new Response(house.form(context.session), { headers: { 'content-type': 'text/html' } }),
    'POST /login': async (_, context) => {
      await house.login(context.session)
      return new Response(null, { status: 302, headers: { location: '/home' } })
    },
    'POST /logout': logout({ redirect: '/home' }),
    'GET /loop': async (request, context) => new Response(await house.loop(context.session, request.headers.get('cookie') ?? undefined)),
    'GET /refuse': async (_, context) => {
      await house.count(context.session)
      throw new Response('not here', { status: 404 })
    },
    'GET /stream': stream((visitor) => house.chunks(visitor)),
    'GET /broken-stream': stream(() => house.brokenChunks()),
    'GET /same': async (request, context) => {
      await house.count(context.session)
      const headers = { etag: '"same"' }
      return request.headers.get('if-none-match') === '"same"'
        ? new Response(null, { status: 304, headers })
        : new Response('same', { headers })
    },
    'GET /cookies': async (_, context) => {
      const response = new Response(await house.count(context.session))
      response.headers.append('set-cookie', 'a=1')
      response.headers.append('set-cookie', 'b=2')
      return response
    },
    'GET /fresh': requireFresh({ withinSeconds: 300 })(() => new Response('fresh')),
    'GET /exempt': (_, context: Partial<Context>) => new Response(context.session === undefined ? 'none' : 'some'),
    'GET /both': (_, context) => new Response(house.both(context.session, context.staff)),
  }
}

transportSuite('fetch', (house) => {
  const routes = routesOf(house)
  const route: Route = (request, context) => {
    const method = request.method === 'HEAD' ? 'GET' : request.method
    return routes[`${method} ${new URL(request.url).pathname}`]?.(request, context) ?? new Response('Not Found', { status: 404 })
  }
  const guarded = csrf()(route)
  const inner = house.staff === undefined ? guarded : session(house.staff, { as: 'staff' })(guarded)
  return serveFetch(session(house.sessions, house.options)(inner))
})
