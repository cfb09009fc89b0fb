import { quietTimeout } from '../../session/runtime.ts'

/** How long handlers may go on for a client that is gone. */
const GRACE_MS = 5000

/**
 * Keeps a request's `signal` from its handlers for a while when the client hangs up. React Router throws away what a loader or an action gives as soon as the
 * signal is aborted, and answers 500 whether it had succeeded or not: then nothing could tell whether what it set is to be kept.
 * @returns Ends it: from then on the signal tells at once.
 */
export function calmSignal(request: Request, graceMs: number = GRACE_MS): () => void {
  const { signal } = request
  const calm = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  const pass = (): void => calm.abort(signal.reason)
  const wait = (): void => void (timer = quietTimeout(pass, graceMs))
  if (signal.aborted || !Reflect.defineProperty(request, 'signal', { value: calm.signal, configurable: true })) return () => undefined
  signal.addEventListener('abort', wait, { once: true })
  return () => {
    clearTimeout(timer)
    signal.removeEventListener('abort', wait)
    if (signal.aborted) pass()
    else signal.addEventListener('abort', pass, { once: true })
  }
}
