import { SessionError } from '../session/errors.ts'

/** What must be said of a store without locks. */
export interface SingleProcess {
  /** Promises that one process, with one thread, uses the store: the locks are kept in its memory. */
  readonly assumeSingleProcess: true
}

/** @throws {SessionError} `ERR_SESSION_CONFIG` where it was not promised. */
export function assertSingleProcess({ assumeSingleProcess }: { readonly assumeSingleProcess: unknown }): void {
  if (assumeSingleProcess === true) return
  const why =
    'the store has no locks, so that two processes on it would lose updates. Promise that there is one, or use a driver with locks.'
  throw SessionError.config('assumeSingleProcess', `must be true: ${why}`)
}
