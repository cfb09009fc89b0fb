import { MemoryDriver } from '../drivers/memory.ts'
import { SessionManager } from '../manager/session-manager.ts'
import { knownFields } from '../session/option-check.ts'
import type { DefaultData } from '../session/path-types.ts'
import type { Session } from '../session/session.ts'

/** What a test's session holds beside its data. */
export interface TestSessionOptions {
  /** Shown as if the request before had flashed it. */
  readonly flash?: Readonly<Record<string, unknown>> | undefined
  readonly userId?: string | number | undefined
}

/**
 * An open session for the unit test of a handler. It is a real one on memory: `regenerate`, `save` and all else work. Its data is of the type that the handler
 * asks for; `testSession<Data>()` says another.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown.
 */
export function testSession<Data extends object = DefaultData>(data?: Partial<NoInfer<Data>>, options?: TestSessionOptions): Session<Data>
export function testSession(data: Record<string, unknown> = {}, options: TestSessionOptions = {}): Session {
  knownFields('testSession', options, ['flash', 'userId'])
  const sessions = new SessionManager({ driver: new MemoryDriver({ acknowledged: true }), collectEverySeconds: 0 })
  const { session } = sessions.openNew()
  for (const [key, value] of Object.entries(data)) session.set(key, value)
  for (const [key, value] of Object.entries(options.flash ?? {})) session.now(key, value)
  if (options.userId !== undefined) session.setUserId(options.userId)
  return session
}
