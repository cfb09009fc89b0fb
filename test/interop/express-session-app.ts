import express from 'express'
import type { Express, Request, RequestHandler } from 'express'
import type { ExpressStore } from '../../src/interop/index.ts'
import { expressSession } from './packages.ts'

/** A session of `express-session`. */
export interface TheirSession {
  readonly id: string
  readonly cookie: { maxAge: number | null; expires: Date | null; originalMaxAge: number | null }
  visits?: number
  passport?: { user: unknown }
  save(done: (error?: unknown) => void): void
  reload(done: (error?: unknown) => void): void
  regenerate(done: (error?: unknown) => void): void
  destroy(done?: (error?: unknown) => void): void
}

/** Gives a request's session of theirs. */
export function theirs(request: Request): TheirSession {
  const session: unknown = Reflect.get(request, 'session')
  return session as TheirSession
}

/** An application on `express-session`, as its users write them, with routes of a test's own. */
export function theirApp(store: ExpressStore, routes: Readonly<Record<string, RequestHandler>> = {}, options: object = {}): Express {
  const app = express()
  app.set('env', 'test')
  app.use(expressSession({ secret: 'a secret of the test', resave: false, saveUninitialized: false, store, ...options }))
  app.get('/', (request, response) => {
    const session = theirs(request)
    session.visits = (session.visits ?? 0) + 1
    response.send(String(session.visits))
  })
  app.get('/read', (request, response) => void response.send(String(theirs(request).visits ?? 0)))
  app.get('/logout', (request, response) =>
    theirs(request).destroy((error) => response.send(error === undefined || error === null ? 'out' : 'failed')),
  )
  for (const [path, handler] of Object.entries(routes)) app.get(path, handler)
  return app
}

/** Something that a test opens when it is time. */
export function gate(): { readonly whenOpen: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined
  const whenOpen = new Promise<void>((resolve) => {
    open = resolve
  })
  return { whenOpen, open }
}
