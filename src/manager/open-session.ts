import type { RefusalReason } from '../contracts/events.ts'
import type { CookiePolicy } from '../http/cookie.ts'
import type { Concurrency } from '../session/session-state.ts'
import type { Session } from '../session/session.ts'
import type { DefaultData } from '../session/path-types.ts'

/** What an adapter knows of a request when it opens the session. */
export interface OpenRequest {
  /** The request's `Cookie` header, as it came. */
  readonly cookieHeader?: string | undefined
  /** How this request meets others of the same session. Default: the manager's. */
  readonly concurrency?: Concurrency | undefined
  /** Ends the wait for the lock, such as when the client hangs up. */
  readonly signal?: AbortSignal | undefined
  /** Whether the signal would be aborted: for adapters that make it only when somebody waits. Default: what the signal says. */
  readonly isAborted?: boolean | undefined
  readonly ipAddress?: string | undefined
  readonly userAgent?: string | undefined
  /** Whether the request came over HTTPS, and its `Host`: for cookies with `secure: 'auto'`. */
  readonly isHttps?: boolean | undefined
  readonly host?: string | undefined
}

/** What the response must carry. With a cookie goes `Cache-Control: no-store` (OWASP ASVS 14.3.2). */
export interface Committed {
  readonly setCookie: string | undefined
  /** Cookies that go beside the session's, as `Set-Cookie` values. Default: none. */
  readonly otherCookies?: readonly string[]
}

/**
 * A session that is open for one request: what `SessionManager.open` gives to an adapter.
 * Exactly one of `commit` and `discard` ends it; a second call answers as the first did. Only `discard` after a `commit` that failed tells the cookie of what was
 * stored before.
 */
export interface OpenSession<Data extends object = DefaultData> {
  readonly session: Session<Data>
  /** The manager whose session this is, to be compared: a second one of the same manager is not opened beside it. */
  readonly manager: object
  /** How the session's cookie is written: for cookies that go beside it. */
  readonly cookie: CookiePolicy
  /** Tells the manager's listeners that the request was refused something. */
  refused(reason: RefusalReason, cause: unknown): void
  /** Runs the handler so that a second start of the same session inside it fails at once instead of waiting for itself. */
  run<Result>(handler: () => Result): Result
  /**
   * Closes the session to writes at once, in the same call, and stores it. It answers without a promise when there is nothing to wait for.
   * @throws {SessionError} when it was not stored; then nothing of this request was, and the lock is given back all the same.
   */
  commit(): Committed | Promise<Committed>
  /** Ends a failed request: nothing that it set is stored, and the lock is given back. */
  discard(cause: unknown): Committed | Promise<Committed>
}
