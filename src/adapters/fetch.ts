/**
 * Sessions for everything that speaks fetch: `(request: Request) => Response`. Bun, Deno, Workers and most frameworks do.
 * @module
 */
import type { CsrfOptions } from '../http/csrf-options.ts'
import { CSRF_REASONS, CSRF_VARY, csrfGuard, dependsOnOrigin } from '../http/csrf-guard.ts'
import type { CsrfDecision } from '../http/csrf-guard.ts'
import { XsrfCookie } from '../http/csrf-words.ts'
import { bodyFieldFromRequest } from '../http/body-token.ts'
import { cookieWarnings } from '../http/cookie-warning.ts'
import { exceptMatcher } from '../http/except.ts'
import { errorResponseWords } from '../http/failure.ts'
import { freshCheck } from '../http/fresh.ts'
import type { FreshOptions } from '../http/fresh.ts'
import { logoutWords } from '../http/logout.ts'
import type { LogoutOptions } from '../http/logout.ts'
import { addressFinder } from '../http/trust-proxy.ts'
import type { TrustProxy } from '../http/trust-proxy.ts'
import type { Committed, OpenSession } from '../manager/open-session.ts'
import type { SessionManager } from '../manager/session-manager.ts'
import { CsrfError, SessionError, isSessionError } from '../session/errors.ts'
import { booleanOption, checkFunction, choiceOption, knownFields } from '../session/option-check.ts'
import type { DefaultData } from '../session/path-types.ts'
import { isObject } from '../session/plain.ts'
import type { Session } from '../session/session.ts'
import type { Concurrency } from '../session/session-state.ts'

export type { CsrfOptions } from '../http/csrf-options.ts'
export type { LogoutOptions, SiteData } from '../http/logout.ts'
export type { FreshOptions } from '../http/fresh.ts'
export type { TrustProxy, TrustedProxies } from '../http/trust-proxy.ts'

/**
 * Answers a request. The context is what the layers around it have found out. A handler that wants what several of them add names it
 * in its parameter's type; the compiler believes it.
 */
export type FetchHandler<Context = object> = { handle(request: Request, context: Context): Response | Promise<Response> }['handle']

/** Wraps a handler, whose context gets something more. */
export type FetchLayer<Added> = (handler: FetchHandler<Added>) => (request: Request, context?: object) => Promise<Response>

/** Wraps a handler, whose context stays what it is. */
export type FetchGuard = <Context extends object>(
  handler: FetchHandler<Context>,
) => (request: Request, context: Context) => Promise<Response>

/** How requests get their sessions. */
export interface FetchSessionOptions<As extends string = 'session'> {
  /** False lets every request pass without a session. Default: true. */
  readonly enabled?: boolean
  /** Paths without a session: see `exceptMatcher`. Default: none. */
  readonly except?: readonly (string | RegExp)[]
  /** How requests of one session meet; a function decides by the request. Default: the manager's. */
  readonly concurrency?: Concurrency | ((request: Request) => Concurrency)
  /** Whether a failed request, one that threw or has a status of 500 or more, stores what it set. Default: false. */
  readonly saveOnError?: boolean
  /** Under which name the context gets the session: for a second manager beside the first. Default: `session`. */
  readonly as?: As
  /** The client's address, where the platform tells it beside the request. Default: not known. */
  readonly clientAddress?: (request: Request) => string | undefined
  /** Which proxies are believed when they say where a request came from: see `TrustProxy`. It needs `clientAddress`. Default: `false`, none. */
  readonly trustProxy?: TrustProxy
  /**
   * Answers when the session could not be opened or stored, or a request was refused as forged. Default: a plain 503 or 403 that
   * tells nothing.
   */
  readonly onError?: (error: SessionError, request: Request) => Response | Promise<Response>
}

// Where `csrf` finds what `session` opened: beside the session, under a name that no application can meet by chance.
const OPEN: unique symbol = Symbol('holdfast: open session')

interface Opened {
  /** `'none'` where `session` let the request pass without one. */
  readonly [OPEN]?: OpenSession<object> | 'none'
}

/**
 * Opens a session around each request and commits it before the response goes out: `context.session`.
 *
 * Nothing is stored when the handler throws or answers with 500 or more. A thrown `Response` is a response.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 */
export function session<Data extends object = DefaultData, As extends string = 'session'>(
  manager: SessionManager<Data>,
  options: FetchSessionOptions<As> = {},
): FetchLayer<{ readonly [Name in As]: Session<Data> }> {
  knownFields('session', options, ['enabled', 'except', 'concurrency', 'saveOnError', 'as', 'clientAddress', 'trustProxy', 'onError'])
  const isEnabled = booleanOption('session.enabled', options.enabled, true)
  const savesOnError = booleanOption('session.saveOnError', options.saveOnError, false)
  const isExcepted = exceptMatcher(options.except ?? [], 'session.except')
  const { as = 'session', concurrency, clientAddress, onError } = options
  const addressOf = addressFinder('session.trustProxy', options.trustProxy)
  if (clientAddress === undefined && (options.trustProxy ?? false) !== false) {
    throw SessionError.config('session.trustProxy', 'needs clientAddress, which says who the nearest proxy is.')
  }
  if (typeof concurrency !== 'function') choiceOption('session.concurrency', concurrency, 'exclusive', ['exclusive', 'readonly'])
  checkFunction('session.clientAddress', clientAddress)
  checkFunction('session.onError', onError)
  let warn: ReturnType<typeof cookieWarnings> | undefined

  const answerTo = (error: unknown, request: Request): Response | Promise<Response> => {
    if (!isSessionError(error)) throw error
    if (onError !== undefined) return onError(error, request)
    const { status, headers, body } = errorResponseWords(error)
    return new Response(body, { status, headers })
  }

  async function serve(request: Request, context: object & Opened, handler: FetchHandler): Promise<Response> {
    const url = new URL(request.url)
    const outer = context[OPEN]
    if (outer !== undefined && outer !== 'none' && outer.manager === manager) return handler(request, context)
    if (!isEnabled || isExcepted(url.pathname)) return handler(request, { [OPEN]: 'none', ...context })
    const isHttps = url.protocol === 'https:'
    let open: OpenSession<Data>
    try {
      open = await manager.open({
        cookieHeader: request.headers.get('cookie') ?? undefined,
        concurrency: typeof concurrency === 'function' ? concurrency(request) : concurrency,
        signal: request.signal,
        ipAddress: addressOf({ socketAddress: clientAddress?.(request), header: (name) => request.headers.get(name) ?? undefined }),
        userAgent: request.headers.get('user-agent') ?? undefined,
        isHttps,
        host: url.host,
      })
    } catch (error) {
      return answerTo(error, request)
    }
    const inner = { ...context, [as]: open.session, [OPEN]: open }
    let response: Response
    try {
      response = await open.run(() => handler(request, inner))
      // A forgotten `return` in plain JavaScript: it fails here, where the lock is given back.
      if (!isResponse(response)) throw new TypeError('The handler gave no Response.')
    } catch (error) {
      if (error instanceof Response) response = error
      else {
        const discarded = await open.discard(error)
        return withCookie(await answerTo(error, request), discarded)
      }
    }
    try {
      const done = response.status >= 500 && !savesOnError ? await open.discard(response) : await open.commit()
      if (done.setCookie !== undefined) {
        warn ??= cookieWarnings(open.cookie, (line) => console.warn(line))
        warn({ isHttps, host: url.host })
      }
      return withCookie(response, done)
    } catch (error) {
      // What the handler said is not true: nothing was stored. Its body must not run on behind the answer that says so.
      if (response.body !== null && !response.body.locked) void response.body.cancel().catch(() => undefined)
      return answerTo(error, request)
    }
  }

  return (handler) => (request, context) => serve(request, context ?? {}, handler)
}

/**
 * Refuses requests that change state and do not prove that they come from the application's own pages. It goes inside `session`:
 * `session(sessions)(csrf()(handler))`. A refusal is a `CsrfError`, which `session` answers with 403.
 *
 * Forms are read through a clone of the request, up to 100,000 bytes; larger ones and other bodies need the token in a header.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 * @see OWASP Cross-Site Request Forgery Prevention Cheat Sheet.
 */
export function csrf(options: CsrfOptions = {}): FetchGuard {
  const guard = csrfGuard(options)
  const { status, fieldName, cookieName } = guard.settings
  let xsrf: XsrfCookie | undefined

  async function serve(request: Request, context: object & Opened, handler: FetchHandler): Promise<Response> {
    const found = context[OPEN]
    const open = found === 'none' ? undefined : found
    const url = new URL(request.url)
    const decision = await guard.check({
      method: request.method,
      path: url.pathname,
      host: url.host,
      isHttps: url.protocol === 'https:',
      header: (name) => request.headers.get(name) ?? undefined,
      bodyToken: () => bodyFieldFromRequest(request, fieldName),
      sessionToken: open?.session.currentToken,
    })
    if (open === undefined) {
      if (found === 'none' && !dependsOnOrigin(decision)) return handler(request, context)
      throw SessionError.config(
        'csrf',
        'there is no session in this request. Put csrf() inside session(), and except the same paths from both.',
      )
    }
    if (!decision.pass) refuse(open, decision, status)
    const response = await handler(request, context)
    if (cookieName === undefined || open.session.currentToken === undefined || response.status >= 500) return varied(response, decision)
    xsrf ??= new XsrfCookie(cookieName, open.cookie)
    return withHeader(varied(response, decision), 'set-cookie', xsrf.write(open.session, url.protocol === 'https:'))
  }

  return (handler) => (request, context) => serve(request, context ?? {}, handler)
}

/**
 * Refuses requests whose user has not proved lately who they are: before a change of password or address. It goes inside `session`. A refusal is
 * `ERR_SESSION_NOT_FRESH`, which `session` answers with 403, or by its `onError`.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 * @see OWASP ASVS 7.5.1.
 */
export function requireFresh(options: FreshOptions = {}): FetchGuard {
  const check = freshCheck(options)
  return (handler) => async (request, context) => {
    const open = (context as Opened | undefined)?.[OPEN]
    if (open === undefined || open === 'none') {
      throw SessionError.config('requireFresh', 'there is no session in this request. Put requireFresh() inside session().')
    }
    const error = check(open.session)
    if (error === undefined) return handler(request, context)
    open.refused('not-fresh', error)
    throw error
  }
}

/**
 * Ends the session, and answers. It goes inside `session` and `csrf`. Only a POST logs out.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 * @see OWASP ASVS 7.4.4, 14.3.1.
 */
export function logout(options: LogoutOptions = {}): FetchHandler {
  const wordsFor = logoutWords(options)
  return async (request, context?: Opened) => {
    const open = context?.[OPEN]
    if (open === undefined || open === 'none') {
      throw SessionError.config('logout', 'there is no session in this request. Put logout() inside session().')
    }
    const { status, headers } = wordsFor(request.method)
    if (status !== 405) await open.session.destroy()
    return new Response(null, { status, headers })
  }
}

function refuse(open: { refused: OpenSession['refused'] }, decision: CsrfDecision & { readonly pass: false }, status: number): void {
  const error = new CsrfError(CSRF_REASONS[decision.reason], status)
  open.refused('csrf', error)
  if (!decision.reportOnly) throw error
}

function varied(response: Response, decision: CsrfDecision): Response {
  return dependsOnOrigin(decision) ? withHeader(response, 'vary', CSRF_VARY) : response
}

// Not by its class: runtimes and libraries bring their own.
function isResponse(given: unknown): given is Response {
  return isObject(given) && 'status' in given && 'headers' in given
}

function withCookie(response: Response, { setCookie }: Committed): Response {
  if (setCookie === undefined) return response
  const answer = withHeader(response, 'set-cookie', setCookie)
  // OWASP ASVS 14.3.2: no cache may keep what hands out a session.
  if (!/\b(?:no-store|private)\b/i.test(answer.headers.get('cache-control') ?? '')) answer.headers.set('cache-control', 'no-store')
  return answer
}

function withHeader(response: Response, name: string, value: string): Response {
  try {
    response.headers.append(name, value)
    return response
  } catch {
    // Headers of a fetched response and of Response.redirect cannot be changed.
    const copy = new Response(response.body, response)
    copy.headers.append(name, value)
    return copy
  }
}
