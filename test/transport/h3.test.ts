import { H3, HTTPError, redirect } from 'h3'
import type { EventHandler } from 'h3'
import { toNodeHandler } from 'h3/node'
import { csrf, logout, requireFresh, session } from '../../src/adapters/h3.ts'
import type { Session } from '../../src/session/session.ts'
import { streamOf } from './serve-fetch.ts'
import { serveListener, transportSuite } from './suite.ts'

declare module 'h3' {
  interface H3EventContext {
    staff?: Session
  }
}

transportSuite('h3', (house) => {
  const app = new H3({ silent: true })
  app.use(session(house.sessions, house.options))
  if (house.staff !== undefined) app.use(session(house.staff, { as: 'staff' }))
  app.use(csrf())
  const text =
    (answer: (visitor: Session) => string | Promise<string>, status = 200): EventHandler =>
    (event) => {
      event.res.status = status
      return answer(event.context.session)
    }
  const stream =
    (chunks: (visitor: Session) => AsyncGenerator<string, void>): EventHandler =>
    async ({ context }) => {
      await house.count(context.session)
      return streamOf(chunks(context.session))
    }
  for (const { method, path, answer, status } of house.texts) app[method](path, text(answer, status))
  app.get('/form', ({ context, res }) => {
    res.headers.set('content-type', 'text/html')
    return house.form(context.session)
  })
  app.post('/login', async ({ context }) => {
    await house.login(context.session)
    return redirect('/home')
  })
  app.post('/logout', logout({ redirect: '/home' }))
  app.get('/loop', ({ context, req }) => house.loop(context.session, req.headers.get('cookie') ?? undefined))
  app.get('/refuse', async ({ context }) => {
    await house.count(context.session)
    throw new HTTPError({ status: 404, message: 'not here' })
  })
  app.get(
    '/stream',
    stream((visitor) => house.chunks(visitor)),
  )
  app.get(
    '/broken-stream',
    stream(() => house.brokenChunks()),
  )
  app.get('/same', async ({ context, req, res }) => {
    await house.count(context.session)
    res.headers.set('etag', '"same"')
    if (req.headers.get('if-none-match') === '"same"') res.status = 304
    return 'same'
  })
  app.get('/cookies', async ({ context, res }) => {
    res.headers.append('set-cookie', 'a=1')
    res.headers.append('set-cookie', 'b=2')
    return house.count(context.session)
  })
  app.get('/fresh', () => 'fresh', { middleware: [requireFresh({ withinSeconds: 300 })] })
  app.get('/exempt', ({ context }: { readonly context: { readonly session?: unknown } }) =>
    context.session === undefined ? 'none' : 'some',
  )
  app.get('/both', ({ context }) => context.staff && house.both(context.session, context.staff))
  return serveListener(toNodeHandler(app))
})
