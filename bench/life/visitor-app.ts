import express from 'express'
import type { Express } from 'express'
import { session as expressSession } from '../../src/adapters/express.ts'
import { session as fetchSession } from '../../src/adapters/fetch.ts'
import type { Session, SessionManager } from '../../src/index.ts'

/** What a visitor is told of the session. */
export interface Told {
  readonly user?: string
  readonly count?: number
  /** The session's public name, which a change of id keeps. */
  readonly handle?: string
  /** Of the error, where the answer is one. */
  readonly code?: string
}

/** What a visitor can ask for: to read, to read without the lock, to count, to change the id, to log in. */
export type Path = '/read' | '/look' | '/count' | '/rotate' | `/login?${string}`

const concurrencyOf = (pathname: string) => (pathname === '/look' ? 'readonly' : 'exclusive')

/** The application behind the fetch adapter. */
export function visitorApp(sessions: SessionManager): (request: Request) => Promise<Response> {
  const layer = fetchSession(sessions, {
    concurrency: ({ url }) => concurrencyOf(new URL(url).pathname),
    onError: ({ code, status }) => Response.json({ code } satisfies Told, { status }),
  })
  return layer(async ({ url }, { session }) => Response.json(await told(session, new URL(url))))
}

/** The same behind Express. */
export function visitorExpress(sessions: SessionManager): Express {
  const app = express()
  app.use(expressSession(sessions, { concurrency: ({ path }) => concurrencyOf(path) }))
  app.use(async ({ session, url }, response) => {
    response.json(await told(session, new URL(url, 'http://localhost')))
  })
  return app
}

async function told(session: Session, { pathname, search }: URL): Promise<Told> {
  if (pathname === '/count') session.increment('count')
  if (pathname === '/rotate') await session.regenerate()
  if (pathname === '/login') {
    await session.regenerate({ destroy: true })
    session.setUserId(search.slice(1))
  }
  const { userId, handle } = session
  return {
    count: Number(session.get('count') ?? 0),
    ...(userId === undefined ? {} : { user: userId }),
    ...(handle === undefined ? {} : { handle }),
  }
}
