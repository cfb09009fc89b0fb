import { session as withSession } from '../../src/adapters/express.ts'
import type { LockingDriver, SessionDriver } from '../../src/contracts/driver.ts'
import type { Serializer } from '../../src/contracts/serializer.ts'
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
export function holdfastApp(driver: LockingDriver, serializer?: Serializer): Candidate {
  return appOf(new SessionManager({ driver, serializer, cookie: { secure: false } }))
}

/**
 * The same, without the lock: it reads at the start, and at the end it writes at the version that was read. That is no lock, and no session of more
 * than one process can be kept so: another's write in between is an error. What a lock costs is what the other one needs more than this one.
 */
export function holdfastUnlocked(driver: SessionDriver): Candidate {
  return appOf(new SessionManager({ driver, assumeSingleProcess: true, cookie: { secure: false } }))
}

/** Without the lock, and for any number of processes: each request's changes are done again on what others have stored meanwhile. */
export function holdfastMerging(driver: SessionDriver): Candidate {
  return appOf(new SessionManager({ driver, concurrency: 'merge', cookie: { secure: false } }))
}

function appOf(manager: SessionManager): Candidate {
  return { listener: counterApp(withSession(manager), counter), close: () => manager.close({ waitSeconds: 1 }) }
}
