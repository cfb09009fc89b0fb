import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import express from 'express'
import { csrf, logout, session } from '../../../src/adapters/express.ts'
import type { SessionManager } from '../../../src/manager/session-manager.ts'
import { count, login, parts, tokenOf } from './shop.ts'

/** The application in Express, behind the runtime's `node:http`. Answers with its port. */
export async function serveExpress(sessions: SessionManager): Promise<number> {
  const app = express()
  app.use(express.urlencoded())
  app.use(session(sessions))
  app.use(csrf())
  app.get('/count', async (req, res) => void res.send(await count(req.session)))
  app.get('/form', (req, res) => void res.send(tokenOf(req.session)))
  app.get('/throw', async (req) => {
    await count(req.session)
    throw new Error('on purpose')
  })
  app.get('/parts', async (req, res) => {
    await count(req.session)
    Readable.from(parts(req.session)).pipe(res)
  })
  app.post('/save', async (req, res) => void res.send(await count(req.session)))
  app.post('/login', async (req, res) => {
    await login(req.session)
    res.redirect('/')
  })
  app.post('/logout', logout({ redirect: '/', clearSiteData: ['cache'] }))
  // Express's own would print what was thrown.
  const answerErrors: express.ErrorRequestHandler = (error, _req, res, _next) => {
    res.status(Object(error).status ?? 500).send('refused')
  }
  app.use(answerErrors)
  return new Promise((listening) => {
    const server = app.listen(0, '127.0.0.1', () => listening((server.address() as AddressInfo).port))
  })
}
