import { isSessionError } from '../session/errors.ts'

/** An answer to a request that failed, for an adapter to send when nobody else handles the error. */
export interface ErrorResponseWords {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const BODIES: Readonly<Record<number, string>> = {
  403: 'Forbidden',
  409: 'Conflict',
  419: 'Page Expired',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
}

/**
 * Gives the answer for an error: 503 with `Retry-After: 1` when the store or the lock failed, 409 for changes that do not fit together, 403 (or what `csrf` was given) for a forged
 * request, 500 for everything else. It tells the client nothing about the cause, and no cache keeps it.
 */
export function errorResponseWords(error: unknown): ErrorResponseWords {
  const status = isSessionError(error) && isFailure(error.status) ? error.status : 500
  const headers: Record<string, string> = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' }
  if (status === 503) headers['retry-after'] = '1'
  return { status, headers, body: BODIES[status] ?? 'Request refused' }
}

// An error of another installed copy is the word of code that may be older.
function isFailure(status: unknown): boolean {
  return typeof status === 'number' && Number.isInteger(status) && status >= 400 && status <= 599
}
