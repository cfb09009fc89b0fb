import { Readable, pipeline } from 'node:stream'
import express from 'express'
import type { RequestHandler } from 'express'
import { csrf, logout, requireFresh, session } from '../../src/adapters/express.ts'
import type { Session } from '../../src/session/session.ts'
import { formFields, isMultipart } from './form-fields.ts'
import { serveListener, transportSuite } from './suite.ts'

declare global {
  namespace Express {
    interface Request {
      staff?: Session
    }
  }
}

transportSuite('Express', (house) => {
  const app = express()
  app.set('env', 'test')
  app.set('etag', false)
  app.use(express.urlencoded(), express.json())
  app.use(async (req, _res, next) => {
    const { 'content-type': type } = req.headers
    if (isMultipart(type)) req.body = await formFields(req, type)
    next()
  })
  app.use(session(house.sessions, house.options))
  if (house.staff !== undefined) app.use(session(house.staff, { as: 'staff' }))
  app.use(csrf())
  const text =
    (answer: (session: Session) => string | Promise<string>, status = 200): RequestHandler =>
    async (req, res) => {
      res.status(status).send(await answer(req.session))
    }
  const stream =
    (chunks: (session: Session) => AsyncIterable<string>): RequestHandler =>
    async (req, res) => {
      await house.count(req.session)
      pipeline(Readable.from(chunks(req.session)), res, () => undefined)
    }
  for (const { method, path, answer, status } of house.texts) app[method](path, text(answer, status))
  app.get(
    '/form',
    text((visitor) => house.form(visitor)),
  )
  app.post('/login', async (req, res) => {
    await house.login(req.session)
    res.redirect('/home')
  })
  app.post('/logout', logout({ redirect: '/home' }))
  app.get('/loop', async (req, res) => {
    res.send(await house.loop(req.session, req.headers.cookie))
  })
  app.get('/refuse', async (req) => {
    await house.count(req.session)
    throw Object.assign(new Error('not here'), { status: 404 })
  })
  app.get(
    '/stream',
    stream((visitor) => house.chunks(visitor)),
  )
  app.get(
    '/broken-stream',
    stream(() => house.brokenChunks()),
  )
  app.get('/same', async (req, res) => {
    await house.count(req.session)
    res.set('etag', '"same"').send('same')
  })
  app.get('/cookies', async (req, res) => {
    res
      .cookie('a', '1')
      .cookie('b', '2')
      .send(await house.count(req.session))
  })
  app.get('/fresh', requireFresh({ withinSeconds: 300 }), (_, res) => void res.send('fresh'))
  app.get('/exempt', ({ session: visitor }: { readonly session?: unknown }, res) => void res.send(visitor === undefined ? 'none' : 'some'))
  app.get('/both', (req, res) => void res.send(req.staff && house.both(req.session, req.staff)))
  return serveListener(app)
})
