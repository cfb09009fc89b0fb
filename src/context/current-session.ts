import type { SessionManager } from '../manager/session-manager.ts'
import { holderHere } from '../manager/self-wait.ts'
import type { Session } from '../session/session.ts'

/**
 * Gives the session of the request that is running, from anywhere below its handler, also after something was awaited: in every adapter behind
 * `session()`, and in `SessionManager.run`. Where several are open it is the innermost.
 *
 * It is `undefined` outside of a request, for a request without a session, and from the moment at which the session is stored or the request has failed:
 * what works on behind the response was not asked by this visitor any more. `SessionManager.start` opens none that it could find.
 * @throws {SessionError} `ERR_SESSION_CONFIG` where the runtime has no `AsyncLocalStorage`.
 */
export function currentSession(): Session | undefined
/** Gives the session of this manager: where a request has several, or the manager's data has a type of its own. */
export function currentSession<Data extends object>(manager: SessionManager<Data>): Session<Data> | undefined
export function currentSession(manager?: object): object | undefined {
  return holderHere(manager)?.session
}
