import { Hono } from 'hono'
import type { Context } from 'hono'
import { setCookie } from 'hono/cookie'
import { HTTPException } from 'hono/http-exception'
import { csrf, logout, requireFresh, session } from '../../src/adapters/hono.ts'
import type { SessionVariables } from '../../src/adapters/hono.ts'
import type { DefaultData } from '../../src/session/path-types.ts'
import type { Session } from '../../src/session/session.ts'
import { serveFetch, streamOf } from './serve-fetch.ts'
import { transportSuite } from './suite.ts'

interface Env {
  Variables: SessionVariables & SessionVariables<DefaultData, 'staff'>
}

transportSuite('Hono', (house) => {
  const app = new Hono<Env>()
  app.use(session(house.sessions, house.options))
  if (house.staff !== undefined) app.use(session(house.staff, { as: 'staff' }))
  app.use(csrf())
  // Hono's own would print what was thrown.
  app.onError((error, c) => ('getResponse' in error ? error.getResponse() : c.text('Internal Server Error', 500)))
  const text =
    (answer: (visitor: Session) => string | Promise<string>, status: 200 | 404 | 503 = 200) =>
    async (c: Context<Env>): Promise<Response> =>
      c.text(await answer(c.var.session), status)
  const stream =
    (chunks: (visitor: Session) => AsyncGenerator<string, void>) =>
    async (c: Context<Env>): Promise<Response> => {
      await house.count(c.var.session)
      return c.body(streamOf(chunks(c.var.session)))
    }
  for (const { method, path, answer, status } of house.texts) app[method](path, text(answer, status))
  app.get('/form', (c) => c.html(house.form(c.var.session)))
  app.post('/login', async (c) => {
    await house.login(c.var.session)
    return c.redirect('/home')
  })
  app.post('/logout', logout({ redirect: '/home' }))
  app.get('/loop', async (c) => c.text(await house.loop(c.var.session, c.req.header('cookie'))))
  app.get('/refuse', async (c) => {
    await house.count(c.var.session)
    throw new HTTPException(404, { message: 'not here' })
  })
  app.get(
    '/stream',
    stream((visitor) => house.chunks(visitor)),
  )
  app.get(
    '/broken-stream',
    stream(() => house.brokenChunks()),
  )
  app.get('/same', async (c) => {
    await house.count(c.var.session)
    c.header('etag', '"same"')
    return c.req.header('if-none-match') === '"same"' ? c.body(null, 304) : c.text('same')
  })
  app.get('/cookies', async (c) => {
    setCookie(c, 'a', '1')
    setCookie(c, 'b', '2')
    return c.text(await house.count(c.var.session))
  })
  app.get('/fresh', requireFresh({ withinSeconds: 300 }), (c) => c.text('fresh'))
  app.get('/exempt', (c: Context<{ Variables: Partial<SessionVariables> }>) => c.text(c.var.session === undefined ? 'none' : 'some'))
  app.get('/both', (c) => c.text(house.both(c.var.session, c.var.staff)))
  return serveFetch((request) => app.fetch(request))
})
