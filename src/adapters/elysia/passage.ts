import { isSessionError } from '../../session/errors.ts'
import type { SessionError } from '../../session/errors.ts'
import { errorResponseWords } from '../../http/failure.ts'
import type { Carrier } from '../fetch/mounted.ts'

/** A request on its way through an application: what the parts of this door tell each other. Elysia makes its context too late for that. */
export interface Passage extends Carrier {
  /** What must be answered by an error in place of any route: the session could not be opened or stored. */
  failure: ElysiaSessionError | undefined
  /** Whether the application was thrown that failure. A hook that was added before this door may have given an answer first. */
  isTold: boolean
  /** The last error that the application has met. */
  error: unknown
  /** What is still to be said on the response. */
  readonly completions: ((response: Response) => Response)[]
}

const passages = new WeakMap<Request, Passage>()

/** The passage of a request; `undefined` outside of `session()`. */
export function passageOf(request: Request): Passage | undefined {
  return passages.get(request)
}

/** Begins the passage of a request. What is called ends it; the same request may come again. */
export function beginPassage(request: Request): { readonly passage: Passage; readonly end: () => void } {
  const passage: Passage = { failure: undefined, isTold: false, error: undefined, completions: [] }
  passages.set(request, passage)
  return { passage, end: () => void passages.delete(request) }
}

/**
 * An error of a session, as Elysia is thrown it: `error.code` is that of the `SessionError`, which is its `cause`. An application without an `onError`
 * of its own answers it with its status and a word that tells nothing.
 */
export class ElysiaSessionError extends Error {
  override readonly name = 'ElysiaSessionError'
  readonly status: number
  readonly code: string
  override readonly cause: SessionError
  /** For the answer, such as `Retry-After`. */
  readonly headers: Readonly<Record<string, string>>

  constructor(cause: SessionError) {
    const { status, headers, body } = errorResponseWords(cause)
    super(body)
    this.status = status
    this.code = cause.code
    this.cause = cause
    this.headers = headers
  }
}

/** The error to throw for one of the library's. Others stay what they are. */
export function asElysiaError(error: unknown): unknown {
  return isSessionError(error) ? new ElysiaSessionError(error) : error
}

/** What stands behind an error that was thrown by this door. */
export function causeOf(error: unknown): unknown {
  return error instanceof ElysiaSessionError ? error.cause : error
}
