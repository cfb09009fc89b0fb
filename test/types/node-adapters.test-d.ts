import { createServer } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import express from 'express'
import { csrf as expressCsrf, session as expressSession } from '../../src/adapters/express.ts'
import { csrf, session } from '../../src/adapters/node.ts'
import type { SessionManager } from '../../src/manager/session-manager.ts'

declare const sessions: SessionManager
declare const typed: SessionManager<{ cart: { total: number } }>

// Express takes both doors, and every request has a session.
const app = express()
app.use(expressSession(sessions), expressCsrf({ cookie: true }))
app.use(session(sessions), csrf())
app.use(expressSession(typed, { as: 'shop', concurrency: (req) => (req.path === '/poll' ? 'readonly' : undefined) }))
app.get('/', async (req, res) => {
  await req.session.regenerate({ destroy: true })
  const field: string | undefined = res.locals.csrfField?.()
  const flash: unknown = res.locals.flash?.('status')
  res.send([field, flash])
})

// So do the servers of Node.
const withSession = session(sessions, { onError: (_error, _request, response) => response.end() })
createServer((req, res) => withSession(req, res, () => res.end(req.session.id)))
createHttp2Server((req, res) => withSession(req, res, () => res.end(req.session.id)))
createServer((req, res) => withSession(req, res, (error) => res.end(String(error === undefined))))

// Options and their values are checked.
// @ts-expect-error no such option
session(sessions, { exept: [] })
// @ts-expect-error no such way
session(sessions, { concurrency: 'optimistic' })
// @ts-expect-error no such way
session(sessions, { concurrency: () => 'optimistic' })
// @ts-expect-error true or false
session(sessions, { enabled: 'false' })
// @ts-expect-error a manager is needed
session({})
// @ts-expect-error no such option
csrf({ field: '_csrf' })
