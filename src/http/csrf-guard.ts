import { tokenMatches } from '../session/csrf-token.ts'
import { BODY_TOO_LARGE } from './body-token.ts'
import { checkCsrf } from './csrf-options.ts'
import type { CsrfOptions, CsrfSettings } from './csrf-options.ts'
import { asOrigin, originOfHost, originOfUrl } from './origin.ts'

/** What the guard asks of a request. */
export interface CsrfRequest {
  readonly method: string
  /** The path that the router is given: with no query, or with one. */
  readonly path: string
  /** The host that the request was sent to: the `Host` header, `:authority` or the URL's. Asked only where `origin` is not configured. */
  readonly host: string | undefined
  readonly isHttps: boolean
  /** A header by its name in lower case. A list is never one of its members: it is refused. */
  header(name: string): string | readonly string[] | undefined
  /** The token's field of the parsed body, as it is. Called at most once, and only when the request is not refused before. */
  bodyToken(): unknown
  /** The session's token if it has one. Read only when a request carries one. */
  readonly sessionToken: string | undefined
}

/** What let a request pass. */
export type CsrfProof = 'safe-method' | 'excepted' | 'sec-fetch-site' | 'origin' | 'referer' | 'token'

/** Which check refused a request. `CSRF_REASONS` says it in words. */
export type CsrfReason = 'cross-site' | 'origin' | 'referer' | 'token-missing' | 'token-wrong' | 'session-token-missing' | 'body-too-large'

export type CsrfDecision =
  | { readonly pass: true; readonly provenBy: CsrfProof }
  /** `reportOnly`: the option `report` is on, the request goes on and an event says that it would not. */
  | { readonly pass: false; readonly reason: CsrfReason; readonly reportOnly: boolean }

/** What a refusal means and what to do about it, for the application's log; never for the visitor. */
export const CSRF_REASONS: Readonly<Record<CsrfReason, string>> = {
  'cross-site': "Sec-Fetch-Site says that another site's page sent it. If it is one of yours, add its origin to csrf.trustedOrigins.",
  origin:
    "Origin is not the application's own. Behind a proxy that ends HTTPS or changes Host, set csrf.origin; for a page of yours elsewhere, csrf.trustedOrigins.",
  referer: "Referer is not of the application's own origin. Behind a proxy that ends HTTPS or changes Host, set csrf.origin.",
  'token-missing': 'it carries no token. Put csrfField(session) into the form, or send the token as X-CSRF-TOKEN.',
  'token-wrong': "its token is not the session's: the form is older than the last login, or it is forged.",
  'session-token-missing': 'the session has no token: it ended since the form was rendered, or the browser keeps no cookie.',
  'body-too-large': 'it carries no token in a header, and its body is too large to be looked through. Send the token as X-CSRF-TOKEN.',
}

/** What a response says when its answer depends on the headers that the guard reads. */
export const CSRF_VARY = 'Sec-Fetch-Site, Origin'

/** Whether the response needs `Vary: Sec-Fetch-Site, Origin`: when those headers were looked at, however it was decided. */
export function dependsOnOrigin(decision: CsrfDecision): boolean {
  return !decision.pass || (decision.provenBy !== 'safe-method' && decision.provenBy !== 'excepted')
}

/** Makes the guard against forged requests. @throws {SessionError} `ERR_SESSION_CONFIG`, naming the option. */
export function csrfGuard(options: CsrfOptions = {}): CsrfGuard {
  return new CsrfGuard(checkCsrf(options))
}

/**
 * Decides whether a request may change state. It reads and writes no session and sends nothing.
 *
 * GET, HEAD and OPTIONS pass: they must change nothing. Every other method is checked, unknown ones and QUERY among them, and no
 * header or field makes one method of another.
 * @see OWASP Cross-Site Request Forgery Prevention Cheat Sheet, "Fetch Metadata" and "Verifying Origin with Standard Headers".
 */
export class CsrfGuard {
  readonly settings: CsrfSettings

  constructor(settings: CsrfSettings) {
    this.settings = settings
  }

  /** Decides. It gives a promise only when `bodyToken` did, and rejects only as that does. */
  check(request: CsrfRequest): CsrfDecision | Promise<CsrfDecision> {
    if (isSafe(request.method)) return PASSED.method
    if (this.settings.isExcepted(request.path)) return PASSED.excepted
    const origin = this.checkOrigin(request)
    if (origin?.pass === false) return origin
    const field = request.bodyToken()
    return field instanceof Promise
      ? field.then((value: unknown) => this.#decide(request, origin, value))
      : this.#decide(request, origin, field)
  }

  /** Refuses a WebSocket that another site's page opens: by a GET, of which no browser asks its server first, and with the visitor's cookie (OWASP ASVS 4.4.2). */
  checkSocket(request: CsrfRequest): CsrfDecision | undefined {
    if (!isWebSocket(request.header('upgrade')) || this.settings.isExcepted(request.path)) return undefined
    const decision = this.checkOrigin(request)
    return decision?.pass === false ? decision : undefined
  }

  /** A pass when the headers prove that the application's own page sent it, whatever its method; a refusal when another did; `undefined` when nothing tells. */
  checkOrigin(request: Pick<CsrfRequest, 'host' | 'isHttps' | 'header'>): CsrfDecision | undefined {
    const site = given(request.header('sec-fetch-site'))
    const origin = given(request.header('origin'))
    if (site === 'same-origin') return PASSED.site
    if (site !== undefined && site !== 'none') return this.#isTrusted(origin) ? PASSED.origin : this.#refuse('cross-site')
    if (origin !== undefined) return this.#isOwn(origin, request) || this.#isTrusted(origin) ? PASSED.origin : this.#refuse('origin')
    const referer = given(request.header('referer'))
    if (referer === undefined) return undefined
    const from = typeof referer === 'string' ? originOfUrl(referer) : undefined
    return from !== undefined && (this.#isOwn(from, request) || this.#isTrusted(from)) ? PASSED.referer : this.#refuse('referer')
  }

  #isTrusted(origin: Given): boolean {
    const { trustedOrigins } = this.settings
    if (trustedOrigins.size === 0 || typeof origin !== 'string') return false
    const checked = asOrigin(origin)
    return checked !== undefined && trustedOrigins.has(checked)
  }

  #isOwn(origin: Given, request: Pick<CsrfRequest, 'host' | 'isHttps'>): boolean {
    if (typeof origin !== 'string') return false
    const own = this.settings.origin ?? originOfHost(request.host, request.isHttps)
    return own !== undefined && (origin === own || asOrigin(origin) === own)
  }

  #decide(request: CsrfRequest, origin: CsrfDecision | undefined, field: unknown): CsrfDecision {
    const isTooLarge = field === BODY_TOO_LARGE
    const token = firstGiven(isTooLarge ? undefined : field, request)
    if (token !== undefined) {
      const { sessionToken } = request
      if (sessionToken === undefined || sessionToken === '') return this.#refuse('session-token-missing')
      return tokenMatches(sessionToken, token) ? PASSED.token : this.#refuse('token-wrong')
    }
    if (origin !== undefined && this.settings.tokens === 'fallback') return origin
    return this.#refuse(isTooLarge ? 'body-too-large' : 'token-missing')
  }

  #refuse(reason: CsrfReason): CsrfDecision {
    return { pass: false, reason, reportOnly: this.settings.report }
  }
}

const PASSED = {
  method: { pass: true, provenBy: 'safe-method' },
  excepted: { pass: true, provenBy: 'excepted' },
  site: { pass: true, provenBy: 'sec-fetch-site' },
  origin: { pass: true, provenBy: 'origin' },
  referer: { pass: true, provenBy: 'referer' },
  token: { pass: true, provenBy: 'token' },
} as const satisfies Record<string, CsrfDecision>

type Given = string | readonly string[] | undefined

function isSafe(method: string): boolean {
  const upper = method.toUpperCase()
  return upper === 'GET' || upper === 'HEAD' || upper === 'OPTIONS'
}

/** Whether a request's `Upgrade` header asks for a WebSocket. */
export function isWebSocket(upgrade: Given): boolean {
  return typeof upgrade === 'string' && upgrade.toLowerCase() === 'websocket'
}

// An empty header says no more than none.
function given(value: Given): Given {
  return value === '' ? undefined : value
}

// The first place that has something decides: what is wrong there is not rescued by something right elsewhere.
function firstGiven(field: unknown, request: CsrfRequest): unknown {
  if (field !== undefined && field !== null && field !== '') return field
  return given(request.header('x-csrf-token')) ?? given(request.header('x-xsrf-token'))
}
