import express from 'express'
import type { Express } from 'express'
import { session as withSession } from '../../src/adapters/express.ts'
import type { SessionManager } from '../../src/index.ts'
import { ordinaryData } from '../servers/counter-app.ts'

/** What visitors do with a session, each at a path of its own. Each answers with the count in the session. */
export function visitsApp(manager: SessionManager): Express {
  const app = express()
  app.use(withSession(manager, { concurrency: ({ path }) => (path === '/readonly' ? 'readonly' : 'exclusive') }))
  app.get('/new', ({ session }, response) => {
    for (const [key, value] of Object.entries(ordinaryData)) session.set(key, value)
    session.set('count', 0)
    response.json({ count: 0 })
  })
  app.get(['/read', '/readonly'], ({ session }, response) => {
    response.json({ count: Number(session.get('count') ?? 0) })
  })
  app.get('/write', ({ session }, response) => {
    const count = Number(session.get('count')) + 1
    session.set('count', count)
    response.json({ count })
  })
  app.get('/regenerate', async ({ session }, response) => {
    await session.regenerate()
    response.json({ count: Number(session.get('count')) })
  })
  app.get('/login', async ({ session }, response) => {
    await session.regenerate({ destroy: true })
    session.setUserId('48213')
    response.json({ count: Number(session.get('count')) })
  })
  app.get('/logout', async ({ session }, response) => {
    await session.destroy()
    response.json({ count: 0 })
  })
  return app
}
