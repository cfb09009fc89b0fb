import { maskToken } from '../session/csrf-token.ts'
import { SessionError } from '../session/errors.ts'
import { checkCookie } from './cookie-options.ts'
import { cookieForm } from './cookie.ts'
import type { CookieForm, CookiePolicy } from './cookie.ts'

// For the cookie's length alone: a masked token of 80 hex digits has fewer characters.
const LONGEST_MASKED_TOKEN = 256

/** What has a CSRF token: a session. */
export interface TokenSource {
  token(): string
}

/**
 * Gives the session's CSRF token for a page or a script, masked anew at each call, so that a compressed page tells nobody
 * the token by its length (BREACH). The guard takes it masked or plain.
 */
export function csrfToken(session: TokenSource): string {
  return maskToken(session.token())
}

/** Gives the hidden input for a form, escaped. @param fieldName The `fieldName` that `csrf()` was given. */
export function csrfField(session: TokenSource, fieldName = '_csrf'): string {
  return `<input type="hidden" name="${escaped(fieldName)}" value="${escaped(csrfToken(session))}">`
}

/** Gives the meta tag from which a script takes the token that it sends as `X-CSRF-TOKEN`. */
export function csrfMeta(session: TokenSource): string {
  return `<meta name="csrf-token" content="${escaped(csrfToken(session))}">`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/** A session at the end of a request: without an id when it was destroyed. */
export interface EndingSession extends TokenSource {
  readonly id: string
  readonly currentToken: string | undefined
}

/** The cookie from which scripts take the CSRF token. Its attributes are the session cookie's, but that scripts can read it. */
export class XsrfCookie {
  readonly #onHttps: CookieForm
  readonly #onHttp: CookieForm

  /** @throws {SessionError} `ERR_SESSION_CONFIG` when the name is none, is the session cookie's, or has a prefix whose rules the policy does not meet. */
  constructor(name: string, policy: CookiePolicy) {
    const { path, domain, secure, sameSite, lifetimeSeconds, partitioned, secureName, plainName } = policy.settings
    const settings = checkCookie(
      name,
      { path, domain, secure, sameSite, lifetimeSeconds, partitioned, httpOnly: false, prefix: 'none' },
      'csrf.cookie.name',
    )
    if (name === secureName || name === plainName) throw SessionError.config('csrf.cookie.name', `'${name}' is the session cookie's name.`)
    this.#onHttps = cookieForm(name, settings, secure !== false, LONGEST_MASKED_TOKEN)
    this.#onHttp = secure === 'auto' ? cookieForm(name, settings, false, LONGEST_MASKED_TOKEN) : this.#onHttps
  }

  /**
   * Gives the Set-Cookie value that is due at the end of a request, if one is: the session's token, masked anew; or what makes the browser forget the one of a
   * session that was ended, which is worth nothing any more.
   * @param hadToken Whether the session had one when the request came. Default: `false`.
   */
  due(session: EndingSession, isHttps: boolean | undefined, hadToken = false): string | undefined {
    const { head, tail, cleared } = isHttps === false ? this.#onHttp : this.#onHttps
    if (session.id === '' || (hadToken && !session.currentToken)) return cleared
    return session.currentToken && head + csrfToken(session) + tail
  }
}
