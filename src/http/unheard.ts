import { isSessionError } from '../session/errors.ts'
import { errorResponseWords } from './failure.ts'

const PAUSE_MS = 60_000
/** When the last failure of a kind was told (Unix milliseconds). */
const toldAt = new Map<string, number>()

/**
 * Tells why requests fail, where it may be that nothing else does: a store that is down must be heard of. Once a minute for each kind of failure.
 */
export function tellUnheard(error: unknown): void {
  const { status } = errorResponseWords(error)
  const kind = isSessionError(error) ? error.code : 'another error'
  // A client that hung up is nobody's fault.
  if (status < 500 || kind === 'ERR_SESSION_ABORTED' || Date.now() - (toldAt.get(kind) ?? -Infinity) < PAUSE_MS) return
  toldAt.set(kind, Date.now())
  // The stack, not the error: what hangs on it, causes first of all, may hold what was to be stored.
  const what = error instanceof Error ? error.stack : 'something was thrown that is no error'
  console.warn(`Requests are answered with ${status} (this is said once a minute, the event 'refused' tells of each): ${what}`)
}
