import { SessionManager } from '../../../src/index.ts'
import { MemoryDriver } from '../../../src/drivers/memory.ts'
import type { Session } from '../../../src/session/session.ts'
import { ordinaryData } from '../counter-app.ts'

/** What an answer of the measured handlers says. */
export interface Counted {
  readonly count: number
}

/** The measured handlers, by their paths, for whatever carries a session. Without one they answer the same bytes. */
export interface Counter<Carrier> {
  readonly '/new': (carrier: Carrier) => Counted | Promise<Counted>
  readonly '/write': (carrier: Carrier) => Counted | Promise<Counted>
  readonly '/read': (carrier: Carrier) => Counted | Promise<Counted>
}

export const PATHS = ['/new', '/write', '/read'] as const

export const withoutSession: Counter<unknown> = {
  '/new': () => ({ count: 0 }),
  '/write': () => ({ count: 0 }),
  '/read': () => ({ count: 0 }),
}

/** With a plain object, as the peers have it. */
export const withObject: Counter<Record<string, unknown>> = {
  '/new': (session) => {
    Object.assign(session, ordinaryData, { count: 0 })
    return { count: 0 }
  },
  '/write': (session) => {
    const count = Number(session['count']) + 1
    session['count'] = count
    return { count }
  },
  '/read': (session) => ({ count: Number(session['count']) }),
}

export const withHoldfast: Counter<Session> = {
  '/new': (session) => {
    for (const [key, value] of Object.entries(ordinaryData)) session.set(key, value)
    session.set('count', 0)
    return { count: 0 }
  },
  '/write': (session) => {
    const count = Number(session.get('count')) + 1
    session.set('count', count)
    return { count }
  },
  '/read': (session) => ({ count: Number(session.get('count')) }),
}

/** Holdfast with its defaults: locked, with hashed ids. The cookie is not Secure, since the load speaks plain HTTP. */
export function inMemory(): SessionManager {
  return new SessionManager({ driver: new MemoryDriver({ acknowledged: true }), cookie: { secure: false } })
}

export const SECRET = 'a secret of the usual length, 40 letters'
