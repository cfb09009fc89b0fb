/**
 * Sessions for everything that speaks fetch: `(request: Request) => Response`. Bun, Deno, Workers and most frameworks do.
 * @module
 */
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
import { assertOpen, innermost, isMounted, kMounted, mount, tell } from './fetch/mounted.ts'
import type { Carrier } from './fetch/mounted.ts'
import { isResponse, plainAnswer, thrownAway, withHeader, withSetCookie, withVaryOf } from './fetch/response.ts'
import { SessionDoor } from './fetch/session-door.ts'
import type { RequestSessionOptions } from './fetch/session-door.ts'

export type { CsrfOptions } from '../http/csrf-options.ts'
export type { LogoutOptions, SiteData } from '../http/logout.ts'
export type { FreshOptions } from '../http/fresh.ts'
export type { OwnPagesOptions } from '../http/own-pages.ts'
export type { TrustProxy, TrustedProxies } from '../http/trust-proxy.ts'
export { csrfField, csrfMeta, csrfToken } from '../http/csrf-words.ts'
export { readSession } from './fetch/read-session.ts'
export type { FetchReadOptions } from './fetch/read-session.ts'

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
export interface FetchSessionOptions<As extends string = 'session'> extends RequestSessionOptions<Request, As> {
  /**
   * Answers when the session could not be opened or stored, or a request was refused as forged. Default: a plain 503 or 403 that
   * tells nothing.
   */
  readonly onError?: ((error: SessionError, request: Request) => Response | Promise<Response>) | undefined
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
  const door = new SessionDoor<Data, Request>(manager, options, 'onError')
  const { onError } = options
  checkFunction('session.onError', onError)

  const answerTo = async (error: unknown, request: Request): Promise<Response> => {
    if (!isSessionError(error)) throw error
    return withVaryOf(error, onError === undefined ? plainAnswer(error) : await onError(error, request))
  }

  async function serve(request: Request, context: object & Carrier, handler: FetchHandler): Promise<Response> {
    const url = new URL(request.url)
    if (isMounted(context, door)) return handler(request, context)
    if (!door.serves(url)) return handler(request, { [kMounted]: 'none', ...context })
    let open: OpenSession<Data>
    try {
      open = await door.open(request, url, request)
    } catch (error) {
      return answerTo(error, request)
    }
    const inner = { ...context, [door.as]: open.session }
    mount(inner, door, open)
    let response: Response | undefined
    try {
      response = await open.run(() => answerOf(handler, request, inner))
      // A forgotten `return` in plain JavaScript: it fails here, where the lock is given back.
      if (!isResponse(response)) throw new TypeError('The handler gave no Response.')
      const lines = await door.end(open, { status: response.status, cause: response }, url)
      const answer = withSetCookie(response, lines)
      tell(inner, lines)
      return answer
    } catch (error) {
      const lines = tell(inner, await door.fail(open, error, url))
      thrownAway(response)
      return withSetCookie(await answerTo(error, request), lines)
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
  const door = new CsrfDoor(options)

  async function serve(request: Request, context: object & Carrier, handler: FetchHandler): Promise<Response> {
    const found = innermost(context)?.open ?? (context[kMounted] === 'none' ? 'none' : undefined)
    const letIn = await door.letIn({ request, url: new URL(request.url), found })
    return door.complete(await answerOf(handler, request, context), letIn)
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
    const open = openIn(context, 'requireFresh')
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
export function ownPages(options: OwnPagesOptions = {}): FetchGuard {
  const check = ownPagesCheck(options)
  return (handler) => async (request, context) => {
    const open = openIn(context, 'ownPages')
    const error = check({ method: request.method, header: (name) => request.headers.get(name) ?? undefined })
    if (error === undefined) return withHeader(await answerOf(handler, request, context), 'vary', OWN_PAGES_VARY)
    open.refused('cross-site', error)
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
  return async (request, context?: Carrier) => {
    const open = openIn(context, 'logout')
    const { status, headers } = wordsFor(request.method)
    if (status !== 405) await open.session.destroy()
    return new Response(null, { status, headers })
  }
}

function openIn(context: Carrier | undefined, layer: string): OpenSession<object> {
  return assertOpen(context === undefined ? undefined : innermost(context)?.open, layer)
}

/** What a handler answers: a response that it throws is one. */
async function answerOf<Context>(handler: FetchHandler<Context>, request: Request, context: Context): Promise<Response> {
  try {
    return await handler(request, context)
  } catch (error) {
    if (error instanceof Response) return error
    throw error
  }
}
