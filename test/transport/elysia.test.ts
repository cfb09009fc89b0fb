import { Elysia, NotFoundError } from 'elysia'
import { csrf, ElysiaSessionError, logout, requireFresh, session } from '../../src/adapters/elysia.ts'
import type { Session } from '../../src/session/session.ts'
import { serveFetch, streamOf } from './serve-fetch.ts'
import { transportSuite } from './suite.ts'

interface Given {
  readonly session: Session
  readonly set: { status?: number | string }
}

transportSuite('Elysia', (house) => {
  const app = new Elysia()
    .use(session(house.sessions, house.options))
    // Elysia's own would tell what was thrown.
    .onError(({ error }) => (error instanceof NotFoundError || error instanceof ElysiaSessionError ? undefined : plain()))
  if (house.staff !== undefined) app.use(session(house.staff, { as: 'staff' }))
  app.use(csrf())
  const text =
    (answer: (visitor: Session) => string | Promise<string>, status: number) =>
    async (given: Given): Promise<string> => {
      given.set.status = status
      return answer(given.session)
    }
  for (const { method, path, answer, status } of house.texts) app[method](path, text(answer, status))
  app.get('/form', (given) => new Response(house.form(given.session), { headers: { 'content-type': 'text/html' } }))
  app.post('/login', async (given) => {
    await house.login(given.session)
    // Elysia's own `redirect` asks the runtime, and Node takes no path.
    return new Response(null, { status: 302, headers: { location: '/home' } })
  })
  app.post('/logout', logout({ redirect: '/home' }))
  app.get('/loop', (given) => house.loop(given.session, given.request.headers.get('cookie') ?? undefined))
  app.get('/refuse', async (given) => {
    await house.count(given.session)
    throw new NotFoundError('not here')
  })
  app.get('/stream', async (given) => {
    await house.count(given.session)
    return streamOf(house.chunks(given.session))
  })
  app.get('/broken-stream', async (given) => {
    await house.count(given.session)
    // A stream that Elysia is given itself ends when it breaks, as if it were whole.
    return new Response(streamOf(house.brokenChunks()))
  })
  app.get('/same', async (given) => {
    await house.count(given.session)
    const headers = { etag: '"same"' }
    return given.request.headers.get('if-none-match') === '"same"'
      ? new Response(null, { status: 304, headers })
      : new Response('same', { headers })
  })
  app.get('/cookies', async (given) => {
    given.cookie['a']?.set({ value: '1' })
    given.cookie['b']?.set({ value: '2' })
    return house.count(given.session)
  })
  app.get('/fresh', () => 'fresh', { beforeHandle: requireFresh({ withinSeconds: 300 }) })
  app.get('/exempt', ({ session: some }: { readonly session?: Session }) => (some === undefined ? 'none' : 'some'))
  app.get('/both', (given: { readonly session: Session; readonly staff?: Session }) =>
    given.staff === undefined ? 'one' : house.both(given.session, given.staff),
  )
  return serveFetch((request) => app.handle(request))
})

function plain(): Response {
  return new Response('Internal Server Error', { status: 500 })
}
