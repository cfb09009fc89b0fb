import { fileURLToPath } from 'node:url'
import express, { type Express, type NextFunction, type Request, type Response } from 'express'
import { csrf, session, type SessionDriver, type SessionManager } from './holdfast.ts'
import { accountPages } from './pages/account.ts'
import { basketPages } from './pages/basket.ts'
import { devicesPages } from './pages/devices.ts'
import { errorPages } from './pages/errors.ts'
import { homePages } from './pages/home.ts'
import { insidePages } from './pages/inside.ts'
import { PLAIN_PATH, twoTabsPages } from './pages/two-tabs.ts'
import type { Store } from './store.ts'

const PUBLIC_FOLDER = fileURLToPath(new URL('public', import.meta.url))

/** The demo as an Express application. */
export function demoApp(sessions: SessionManager, driver: SessionDriver, store: Store): Express {
  const app = express()
  app.disable('x-powered-by')
  app.use(securityHeaders)
  // Before the session: what is the same for everybody needs none, and slow bodies are read before it is locked.
  app.use(express.static(PUBLIC_FOLDER))
  app.use(express.urlencoded({ extended: false, limit: '10kb' }))
  app.use(session(sessions, { concurrency: ({ path }) => (path === PLAIN_PATH ? 'readonly' : undefined) }))
  app.use(csrf())
  homePages(app)
  accountPages(app)
  devicesPages(app, sessions)
  basketPages(app)
  twoTabsPages(app)
  insidePages(app, driver, store)
  errorPages(app)
  return app
}

function securityHeaders(_request: Request, response: Response, next: NextFunction): void {
  response.set({
    'Content-Security-Policy':
      "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Referrer-Policy': 'same-origin',
    'X-Content-Type-Options': 'nosniff',
  })
  next()
}
