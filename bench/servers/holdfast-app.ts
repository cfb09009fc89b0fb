import { session as withSession } from '../../src/adapters/express.ts'
import type { LockingDriver } from '../../src/contracts/driver.ts'
import { SessionManager } from '../../src/index.ts'
import type { Candidate } from '../harness/candidate.ts'
import { counterApp, ordinaryData } from './counter-app.ts'
import type { Counter } from './counter-app.ts'

const counter: Counter = {
  fill({ session }) {
    for (const [key, value] of Object.entries(ordinaryData)) session.set(key, value)
    session.set('count', 0)
  },
  read: ({ session }) => Number(session.get('count')),
  write: ({ session }, count) => session.set('count', count),
}

/** Holdfast with its defaults: locked, with hashed ids. The cookie is not Secure, since the load speaks plain HTTP. */
export function holdfastApp(driver: LockingDriver): Candidate {
  const manager = new SessionManager({ driver, cookie: { secure: false } })
  return { listener: counterApp(withSession(manager), counter), close: () => manager.close({ waitSeconds: 1 }) }
}
