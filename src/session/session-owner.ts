import { SessionError } from './errors.ts'
import type { SessionLifetime } from './own-lifetime.ts'
import type { SessionState } from './session-state.ts'

/** Whose session it is, where it is used from, and how its user proved who they are. */
export class SessionOwner {
  readonly #state: SessionState

  constructor(state: SessionState) {
    this.#state = state
  }

  /** The user whose session this is, or `undefined`. */
  get userId(): string | undefined {
    return this.#started.metadata.userId
  }

  /** Says whose session this is; `null` says nobody's. Numbers are kept as text. */
  setUserId(userId: string | number | null): void {
    // Refused where it is missing: the login would be nobody's, no list would name it, and no revocation end it.
    this.#state.metadata.setUserId(userId === undefined ? '' : userId)
  }

  /**
   * Notes that the user has just proved who they are: at the login, and whenever they are asked again. The absolute limit counts anew from here, and
   * `requireFresh` and `isFresh` ask for it.
   *
   * @param options `level`: how well, from 1 (the default) to 9, in your own scale, such as 2 for two factors. `at`: when, as a `Date` or in Unix
   * milliseconds, where somebody else saw it earlier, such as an identity provider (its `auth_time`). Default: now, and so is what lies ahead.
   * A session that would be over with it, by its absolute limit, is not stored: that fails with `ERR_SESSION_NOT_FRESH`.
   * @throws {SessionError} `ERR_SESSION_INVALID_ARGUMENT` for another level, or no time.
   * @see OWASP ASVS 7.5.1, 7.6.1; NIST SP 800-63B-4, section 5.2.
   */
  markAuthenticated({ level = 1, at }: { readonly level?: number; readonly at?: Date | number } = {}): void {
    if (!Number.isInteger(level) || level < 1 || level > 9) {
      throw SessionError.invalidArgument('markAuthenticated', 'level must be a whole number from 1 to 9.')
    }
    const atMs = at === undefined ? undefined : Number(at)
    if (atMs !== undefined && !(atMs > 0 && Number.isFinite(atMs))) {
      throw SessionError.invalidArgument('markAuthenticated', 'at must be a Date, or Unix time in milliseconds.')
    }
    this.#state.markAuthenticated(level, atMs)
  }

  /** Whether the user proved who they are within so many seconds, and at least at this level (default: 1). */
  isFresh({ withinSeconds, level = 1 }: { readonly withinSeconds: number; readonly level?: number }): boolean {
    return this.#started.isFresh({ withinSeconds, level })
  }

  /**
   * Says how long this session is to live, in place of what the manager's `lifetime` and `cookie` say: for "remember me", or for a shorter one on a
   * computer that is not the user's own. It stays with the session when its id changes, not when its user does, and replaces what was said before: `{}` goes back to the manager's.
   * The response renews the cookie.
   *
   * @throws {SessionError} `ERR_SESSION_INVALID_ARGUMENT` for more than the manager's `lifetime.maxIdleSeconds` and `maxAbsoluteSeconds` allow.
   * @see OWASP ASVS 7.3.1, 7.3.2.
   */
  setLifetime(lifetime: SessionLifetime): void {
    this.#state.setLifetime(lifetime)
  }

  /** How long it lives: seconds without use, seconds in all if there is such a limit, and whether the browser keeps its cookie, where `setLifetime` said so. */
  get lifetime(): SessionLifetime {
    const { limits, metadata } = this.#started
    const { idleMs, absoluteMs } = limits
    return { idleSeconds: idleMs / 1000, absoluteSeconds: absoluteMs && absoluteMs / 1000, persistent: metadata.lifetime?.persistent }
  }

  /** When the user last proved who they are, in Unix milliseconds, as the store has it; `undefined` before that is stored. */
  get authenticatedAt(): number | undefined {
    const { authenticatedAt } = this.#started
    return authenticatedAt === 'now' ? undefined : authenticatedAt
  }

  /** How well they did: 0 for not at all, else what `markAuthenticated` was given. */
  get level(): number {
    return this.#started.metadata.level
  }

  /** The address that was stored or set last. */
  get ipAddress(): string | undefined {
    return this.#started.metadata.ipAddress
  }

  /** @throws {SessionError} `ERR_SESSION_INVALID_ARGUMENT` for a text that is no IP address. */
  setIpAddress(address: string | null): void {
    this.#state.metadata.setIpAddress(address)
  }

  /** The user agent that was stored or set last. */
  get userAgent(): string | undefined {
    return this.#started.metadata.userAgent
  }

  /** Sets the user agent, cut to 512 characters. */
  setUserAgent(userAgent: string | null): void {
    this.#state.metadata.setUserAgent(userAgent)
  }

  /** Sets address and user agent at once. */
  setRequestInfo(address: string | null, userAgent: string | null): void {
    this.setIpAddress(address)
    this.setUserAgent(userAgent)
  }

  get #started(): SessionState {
    this.#state.assertStarted()
    return this.#state
  }
}
