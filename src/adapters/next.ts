/**
 * Sessions for the App Router of Next.js 16: route handlers, server actions, server components and the proxy.
 * @module
 */
import type { NextRequest } from 'next/server.js'
import type { CsrfOptions } from '../http/csrf-options.ts'
import { freshCheck } from '../http/fresh.ts'
import type { FreshOptions } from '../http/fresh.ts'
import { logoutWords } from '../http/logout.ts'
import type { LogoutOptions } from '../http/logout.ts'
import { OWN_PAGES_VARY, ownPagesCheck } from '../http/own-pages.ts'
import type { OwnPagesOptions } from '../http/own-pages.ts'
import type { OpenSession } from '../manager/open-session.ts'
import type { SessionManager } from '../manager/session-manager.ts'
import { isSessionError } from '../session/errors.ts'
import type { SessionError } from '../session/errors.ts'
import { checkFunction } from '../session/option-check.ts'
import type { DefaultData } from '../session/path-types.ts'
import type { Session } from '../session/session.ts'
import { CsrfDoor } from './fetch/csrf-door.ts'
import { assertOpen, firstOpen, isMounted, mount, tell } from './fetch/mounted.ts'
import type { Carrier } from './fetch/mounted.ts'
import { isResponse, plainAnswer, thrownAway, withHeader, withVaryOf } from './fetch/response.ts'
import { SessionDoor } from './fetch/session-door.ts'
import type { RequestSessionOptions } from './fetch/session-door.ts'
import { urlOf, withProxyCookie } from './next/asked.ts'
import { handsOn, keepFlash, withCookies } from './next/handing-on.ts'
import { thrownResponse } from './next/thrown.ts'

export type { CsrfOptions } from '../http/csrf-options.ts'
export type { LogoutOptions, SiteData } from '../http/logout.ts'
export type { FreshOptions } from '../http/fresh.ts'
export type { OwnPagesOptions } from '../http/own-pages.ts'
export type { TrustProxy, TrustedProxies } from '../http/trust-proxy.ts'
export { csrfField, csrfMeta, csrfToken } from '../http/csrf-words.ts'
export { action } from './next/action.ts'
export type { NextActionLayer, NextActionOptions } from './next/action.ts'
export { oncePerProcess } from './once-per-process.ts'
export { readSession } from './next/read-session.ts'
export type { NextReadOptions } from './next/read-session.ts'
export type { ReadonlySession } from './next/reading.ts'

/** What Next hands a route handler beside the request. `RouteContext<'/users/[id]'>`, which Next makes, says more of `params`. */
export interface NextContext {
  readonly params: Promise<Record<string, string | string[] | undefined>>
}

/** Answers a request: a route handler or the proxy. The context is what Next gives, and what the layers around it have found out. */
export type NextHandler<Context = NextContext> = {
  handle(request: NextRequest, context: Context): Response | Promise<Response>
}['handle']

/** Wraps a handler, whose context gets something more. */
export type NextLayer<Added> = <Context extends object = NextContext>(
  handler: NextHandler<Context & Added>,
) => (request: NextRequest, context: Context) => Promise<Response>

/** Wraps a handler, whose context stays what it is. */
export type NextGuard = <Context extends object>(
  handler: NextHandler<Context>,
) => (request: NextRequest, context: Context) => Promise<Response>

/** How route handlers and the proxy get their sessions. Functions are given the request. */
export interface NextSessionOptions<As extends string = 'session'> extends RequestSessionOptions<NextRequest, As> {
  /**
   * Answers when the session could not be opened or stored, or a request was refused as forged. Default: a plain 503 or 403 that
   * tells nothing.
   */
  readonly onError?: ((error: SessionError, request: NextRequest) => Response | Promise<Response>) | undefined
}

/**
 * Opens a session around each request of a route handler, or of the proxy, and commits it before the answer goes out, or on: `context.session`.
 *
 * Nothing is stored when the handler throws or answers with 500 or more. A thrown `Response`, and what `redirect()`, `notFound()` and the like throw, are
 * answers. Where the proxy lets a request go on, flash messages stay for the page.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 */
export function session<Data extends object = DefaultData, As extends string = 'session'>(
  manager: SessionManager<Data>,
  options: NextSessionOptions<As> = {},
): NextLayer<{ readonly [Name in As]: Session<Data> }> {
  const door = new SessionDoor<Data, NextRequest>(manager, options, 'onError')
  const { onError } = options
  checkFunction('session.onError', onError)

  const answerTo = async (error: unknown, request: NextRequest): Promise<Response> => {
    if (!isSessionError(error)) throw error
    return withVaryOf(error, onError === undefined ? plainAnswer(error) : await onError(error, request))
  }

  async function serve(request: NextRequest, context: object & Carrier, handler: NextHandler<object>): Promise<Response> {
    if (isMounted(context, door)) return handler(request, context)
    const url = urlOf(request)
    const inner: object & Carrier = { ...context }
    if (!door.serves(url)) {
      mount(inner, door, undefined)
      return handler(request, inner)
    }
    let open: OpenSession<Data>
    try {
      open = await door.open(withProxyCookie(request, manager.name), url, request)
    } catch (error) {
      return answerTo(error, request)
    }
    mount(inner, door, open)
    Reflect.set(inner, door.as, open.session)
    let response: Response
    try {
      response = await open.run(() => answerOf(handler, request, inner))
    } catch (error) {
      const lines = tell(inner, await door.fail(open, error, url))
      return withCookies(await answerTo(error, request), lines)
    }
    if (handsOn(response)) keepFlash(open.session)
    try {
      const lines = await door.end(open, { status: response.status, cause: response }, url)
      const answer = withCookies(response, lines)
      tell(inner, lines)
      return answer
    } catch (error) {
      thrownAway(response)
      const lines = tell(inner, await door.fail(open, error, url))
      return withCookies(await answerTo(error, request), lines)
    }
  }

  return (handler) => (request, context) => serve(request, context ?? {}, handler)
}

/** What a handler answers, whichever way it chose it. */
async function answerOf(handler: NextHandler<object>, request: NextRequest, context: object): Promise<Response> {
  try {
    const response = await handler(request, context)
    // A forgotten `return` in plain JavaScript: it fails here, where the lock is given back.
    if (!isResponse(response)) throw new TypeError('The handler gave no Response. The proxy lets a request go on by NextResponse.next().')
    return response
  } catch (error) {
    const chosen = thrownResponse(error)
    if (chosen === undefined) throw error
    return chosen
  }
}

/**
 * Refuses requests that change state and do not prove that they come from the application's own pages. It goes inside `session`:
 * `export const POST = withSession(csrf()(handler))`. A refusal is a `CsrfError`, which `session` answers with 403. Server actions have an option for it.
 *
 * Forms are read through a clone of the request, up to 100,000 bytes; larger ones and other bodies need the token in a header.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 * @see OWASP Cross-Site Request Forgery Prevention Cheat Sheet.
 */
export function csrf(options: CsrfOptions = {}): NextGuard {
  const door = new CsrfDoor(options)
  return (handler) => async (request, context) => {
    const letIn = await door.letIn({ request, url: urlOf(request), found: firstOpen(context) })
    return door.complete(await answerOf(handler, request, context), letIn)
  }
}

/**
 * Refuses requests whose user has not proved lately who they are: before a change of password or address. It goes inside `session`. A refusal is
 * `ERR_SESSION_NOT_FRESH`, which `session` answers with 403, or by its `onError`. Server actions have an option for it.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 * @see OWASP ASVS 7.5.1.
 */
export function requireFresh(options: FreshOptions = {}): NextGuard {
  const check = freshCheck(options)
  return (handler) => async (request, context) => {
    const open = assertOpen(firstOpen(context), 'requireFresh')
    const error = check(open.session)
    if (error === undefined) return handler(request, context)
    open.refused('not-fresh', error)
    throw error
  }
}

/**
 * Refuses to be loaded by pages of other sites, as a script, an image, a frame or by fetch; a visitor who follows a link is let in. It goes inside
 * `session`, around what a logged-in user sees. A refusal is `ERR_SESSION_SECURITY_VALIDATION_FAILED`, which `session` answers with 403.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 * @see OWASP ASVS 3.5.8; W3C Fetch Metadata.
 */
export function ownPages(options: OwnPagesOptions = {}): NextGuard {
  const check = ownPagesCheck(options)
  return (handler) => async (request, context) => {
    const open = assertOpen(firstOpen(context), 'ownPages')
    const error = check({ method: request.method, header: (name) => request.headers.get(name) ?? undefined })
    if (error === undefined) return withHeader(await answerOf(handler, request, context), 'vary', OWN_PAGES_VARY)
    open.refused('cross-site', error)
    throw error
  }
}

/**
 * Ends the session, and answers: `export const POST = withSession(csrf()(logout({ redirect: '/' })))`. Only a POST logs out.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 * @see OWASP ASVS 7.4.4, 14.3.1.
 */
export function logout(options: LogoutOptions = {}): NextHandler<object> {
  const wordsFor = logoutWords(options)
  return async (request, context: Carrier) => {
    const open = assertOpen(firstOpen(context), 'logout')
    const { status, headers } = wordsFor(request.method)
    if (status !== 405) await open.session.destroy()
    return new Response(null, { status, headers })
  }
}
