import type { Request } from 'express'
import session from 'express-session'
import type { Store } from 'express-session'
import type { Candidate } from '../harness/candidate.ts'
import { counterApp, ordinaryData } from './counter-app.ts'
import type { Counter } from './counter-app.ts'

interface PeerSession {
  count: number
}

const counter: Counter = {
  fill(request) {
    Object.assign(sessionOf(request), ordinaryData, { count: 0 })
  },
  read: (request) => sessionOf(request).count,
  write(request, count) {
    sessionOf(request).count = count
  },
}

/** express-session as its documentation tells to set it for production: nothing saved that did not change, nothing for nobody. */
export function expressSessionApp(store: Store): Candidate {
  const middleware = session({ store, secret: 'a secret of the usual length, 40 letters', resave: false, saveUninitialized: false })
  return { listener: counterApp(middleware, counter) }
}

function sessionOf(request: Request): PeerSession {
  const found: unknown = Reflect.get(request, 'session')
  if (!isPeerSession(found)) throw new TypeError('express-session gave no session')
  return found
}

// A new one has no count yet, as any of its data.
function isPeerSession(found: unknown): found is PeerSession {
  return typeof found === 'object' && found !== null
}
