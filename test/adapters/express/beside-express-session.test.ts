import { createServer } from 'node:http'
import express from 'express'
import expressSession, { MemoryStore } from 'express-session'
import { expect, it } from 'vitest'
import { session } from '../../../src/adapters/express.ts'
import { MemoryDriver } from '../../../src/drivers/memory.ts'
import { SessionManager } from '../../../src/manager/session-manager.ts'
import { testClient } from '../../../src/testing/index.ts'

it('a session mounted behind express-session, which has the name already, is refused and not answered with silence', async () => {
  const sessions = new SessionManager({ driver: new MemoryDriver({ acknowledged: true }) })
  const app = express()
  app.use(expressSession({ secret: 'a secret', store: new MemoryStore(), resave: false, saveUninitialized: false }), session(sessions))
  app.get('/', (_req, res) => void res.send('served'))
  app.use(((error, _req, res, _next) => void res.status(500).send(error.message)) satisfies express.ErrorRequestHandler)
  await using browser = testClient(createServer(app))
  const answer = await browser.get('/', { signal: AbortSignal.timeout(5000) })
  expect([answer.status, await answer.text()]).toEqual([
    500,
    "Option 'session.as': 'session' is taken by what is mounted before, such as express-session. Take that out, or give this one another name.",
  ])
  await sessions.close()
})
