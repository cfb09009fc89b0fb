// The measured handlers' words for sessions that more than one framework has.
import type { Session } from '../../../src/session/session.ts'
import { ordinaryData } from '../counter-app.ts'
import type { Counter } from './counter.ts'

/** With a plain object, as most peers have it. */
export const withObject: Counter<Record<string, unknown>> = {
  fill: (session) => void Object.assign(session, ordinaryData, { count: 0 }),
  read: (session) => session['count'],
  write: (session, count) => {
    session['count'] = count
  },
}

export const withHoldfast: Counter<Session> = {
  fill(session) {
    for (const [key, value] of Object.entries(ordinaryData)) session.set(key, value)
    session.set('count', 0)
  },
  read: (session) => session.get('count'),
  write: (session, count) => session.set('count', count),
}
