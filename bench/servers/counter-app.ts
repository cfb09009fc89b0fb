import express from 'express'
import type { Express, Request, RequestHandler } from 'express'

/** What the measured handlers do with a session, in each library's own words. */
export interface Counter {
  /** Puts 300 bytes of ordinary data into a new session. */
  fill(request: Request): void
  /** Gives the count, or anything that is false in a session that has none. */
  read(request: Request): number
  write(request: Request, count: number): void
}

/** About 280 bytes of JSON, with the count that is beside it about 300: a signed-in visitor with a few things in the basket. */
export const ordinaryData = {
  user: { id: 48213, name: 'Ada Lovelace', email: 'ada@example.com', roles: ['customer', 'reviewer'] },
  basket: [
    { sku: 'B-1001', quantity: 1, price: 1995 },
    { sku: 'B-2002', quantity: 3, price: 450 },
    { sku: 'B-3003', quantity: 2, price: 12900 },
  ],
  locale: 'en-GB',
  theme: 'dark',
}

/**
 * The application that is the same for all: Express with its defaults but `X-Powered-By`, which none of them needs. `/write` reads and
 * writes the session, `/read` only reads it, `/slow` waits `?ms=` between reading and writing, `/ignored` does not look at it.
 */
export function counterApp(middleware: RequestHandler | undefined, counter: Counter): Express {
  const app = express()
  app.disable('x-powered-by')
  if (middleware !== undefined) app.use(middleware)
  app.get('/new', (request, response) => {
    counter.fill(request)
    response.json({ count: counter.read(request) })
  })
  app.get('/write', (request, response) => {
    const count = counter.read(request) + 1
    counter.write(request, count)
    response.json({ count })
  })
  app.get('/read', (request, response) => {
    response.json({ count: counter.read(request) || 0 })
  })
  app.get('/ignored', (_request, response) => {
    response.json({ count: 0 })
  })
  app.get('/slow', async (request, response) => {
    const count = counter.read(request) + 1
    await new Promise((resolve) => setTimeout(resolve, Number(request.query['ms'])))
    counter.write(request, count)
    response.json({ count })
  })
  return app
}
