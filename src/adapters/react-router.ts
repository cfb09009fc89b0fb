/**
 * Sessions for React Router 7.9 and later in framework mode, on the server: middleware, or a `SessionStorage` for applications that have one.
 * @module
 */
import type { ActionFunctionArgs, MiddlewareFunction } from 'react-router'
import type { CsrfOptions } from '../http/csrf-options.ts'
import { freshCheck } from '../http/fresh.ts'
import type { FreshOptions } from '../http/fresh.ts'
import { logoutWords } from '../http/logout.ts'
import type { LogoutOptions } from '../http/logout.ts'
import { OWN_PAGES_VARY, ownPagesCheck } from '../http/own-pages.ts'
import type { OwnPagesOptions } from '../http/own-pages.ts'
import type { OpenSession } from '../manager/open-session.ts'
import type { SessionManager } from '../manager/session-manager.ts'
import { SessionError } from '../session/errors.ts'
import { checkFunction } from '../session/option-check.ts'
import type { DefaultData } from '../session/path-types.ts'
import { isBuilding } from './building.ts'
import { CsrfDoor } from './fetch/csrf-door.ts'
import type { LetIn } from './fetch/csrf-door.ts'
import { assertOpen, firstOpen, isMounted, mount, tell } from './fetch/mounted.ts'
import { isResponse, thrownAway, withHeader, withSetCookie } from './fetch/response.ts'
import { SessionDoor } from './fetch/session-door.ts'
import type { RequestSessionOptions } from './fetch/session-door.ts'
import { calmSignal } from './react-router/calm-signal.ts'
import { sessionContext } from './react-router/context.ts'
import { notesOf, thrownFor, withOwed } from './react-router/notes.ts'
import { urlOf } from './react-router/shapes.ts'
import type { MiddlewareArgs, OnError } from './react-router/shapes.ts'

export type { CsrfOptions } from '../http/csrf-options.ts'
export type { LogoutOptions, SiteData } from '../http/logout.ts'
export type { FreshOptions } from '../http/fresh.ts'
export type { OwnPagesOptions } from '../http/own-pages.ts'
export type { TrustProxy, TrustedProxies } from '../http/trust-proxy.ts'
export { csrfField, csrfMeta, csrfToken } from '../http/csrf-words.ts'
export { oncePerProcess } from './once-per-process.ts'
export { findSession, sessionContext } from './react-router/context.ts'
export { sessionStorageOf } from './react-router/storage.ts'
export type { SessionStorageOptions } from './react-router/storage.ts'
export type { MiddlewareArgs } from './react-router/shapes.ts'

/** How requests get their sessions. Functions are given what React Router hands a middleware. */
export interface ReactRouterSessionOptions extends Omit<RequestSessionOptions<MiddlewareArgs>, 'as'> {
  /**
   * Answers when a session could not be opened or stored, or a guard refused a request. What it gives is thrown: React Router shows it by the nearest
   * `ErrorBoundary`, or follows where it leads. Default: a plain answer with the error's status, that tells nothing.
   */
  readonly onError?: OnError | undefined
}

/**
 * Gives each request its session, as `context.get(sessionContext(manager))`, and stores it before the first byte of the response:
 * `export const middleware = [session(sessions), csrf()]` in the root route.
 *
 * Nothing is stored when the answer is a 500 or more, as that of an error is. What is thrown as a `Response`, and a redirect, are answers. When the session
 * cannot be opened or stored, a response with the status of the error is thrown. While pages are prerendered there is no session.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 */
export function session<Data extends object = DefaultData>(
  manager: SessionManager<Data>,
  options: ReactRouterSessionOptions = {},
): MiddlewareFunction<Response> {
  const { onError } = options
  if ('as' in options) throw SessionError.config('session.as', 'is not known here: sessionContext(manager) tells sessions apart.')
  const door = new SessionDoor<Data, MiddlewareArgs>(manager, { ...options, as: manager.name }, 'onError')
  checkFunction('session.onError', onError)
  return async (args, next) => {
    const { request, context } = args
    const notes = notesOf(context)
    if ((notes.request ??= request) !== request) throw SessionError.config('getLoadContext', 'must make a new context for each request.')
    if (isMounted(notes, door)) return next()
    const url = urlOf(args)
    if (isBuilding('IS_RR_BUILD_REQUEST', 'yes') || !door.serves(url)) {
      mount(notes, door, undefined)
      return next()
    }
    notes.onError ??= onError
    let open: OpenSession<Data>
    try {
      open = await door.open(request, url, args)
    } catch (error) {
      throw await thrownFor(error, args)
    }
    mount(notes, door, open)
    context.set(sessionContext(manager), open.session)
    const endCalm = notes.isCalm ? undefined : calmSignal(request)
    notes.isCalm = true
    try {
      return withOwed(await finish(door, open, args, await answerOf(door, open, args, next)), notes)
    } finally {
      endCalm?.()
    }
  }
}

async function answerOf<Data extends object>(
  door: SessionDoor<Data, MiddlewareArgs>,
  open: OpenSession<Data>,
  args: MiddlewareArgs,
  next: () => Promise<Response>,
): Promise<Response> {
  try {
    return await open.run(next)
  } catch (error) {
    await door.fail(open, error, urlOf(args))
    throw error
  }
}

async function finish<Data extends object>(
  door: SessionDoor<Data, MiddlewareArgs>,
  open: OpenSession<Data>,
  args: MiddlewareArgs,
  response: Response,
): Promise<Response> {
  const notes = notesOf(args.context)
  try {
    const lines = await door.end(open, { status: response.status, cause: response }, urlOf(args))
    const answer = withSetCookie(response, lines)
    tell(notes, lines)
    return answer
  } catch (error) {
    thrownAway(response)
    const lines = tell(notes, await door.fail(open, error, urlOf(args)))
    const thrown = await thrownFor(error, args)
    if (!isResponse(thrown) || lines.length === 0) throw thrown
    // The page that React Router makes of what is thrown has none of its headers: the browser would not be told.
    return withSetCookie(thrown, lines)
  }
}

/**
 * Refuses requests that change state and do not prove that they come from the application's own pages. It goes behind `session()`. A refusal is a 403 that
 * is thrown, or what the `onError` of `session()` gives.
 *
 * Forms are read through a clone of the request, up to 100,000 bytes; larger ones and other bodies need the token in a header.
 * The token is that of the session that was opened first, where there are several.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 * @see OWASP Cross-Site Request Forgery Prevention Cheat Sheet.
 */
export function csrf(options: CsrfOptions = {}): MiddlewareFunction<Response> {
  const door = new CsrfDoor(options)
  return async (args, next) => {
    let letIn: LetIn
    try {
      letIn = await door.letIn({ request: args.request, url: urlOf(args), found: firstOpen(notesOf(args.context)) })
    } catch (error) {
      throw await thrownFor(error, args)
    }
    return door.complete(await next(), letIn)
  }
}

/**
 * Refuses requests whose user has not proved lately who they are: `export const middleware = [requireFresh()]` in a route below `session()`. A refusal is a
 * 403 that is thrown, or what the `onError` of `session()` gives, which may lead to the login.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 * @see OWASP ASVS 7.5.1.
 */
export function requireFresh(options: FreshOptions = {}): MiddlewareFunction<Response> {
  const check = freshCheck(options)
  return async (args, next) => {
    const open = assertOpen(firstOpen(notesOf(args.context)), 'requireFresh')
    const error = check(open.session)
    if (error === undefined) return next()
    open.refused('not-fresh', error)
    throw await thrownFor(error, args)
  }
}

/**
 * Refuses to be loaded by pages of other sites, as a script, an image, a frame or by fetch; a visitor who follows a link is let in. It goes behind
 * `session()`, on what a logged-in user sees. A refusal is a 403 that is thrown, or what the `onError` of `session()` gives.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 * @see OWASP ASVS 3.5.8; W3C Fetch Metadata.
 */
export function ownPages(options: OwnPagesOptions = {}): MiddlewareFunction<Response> {
  const check = ownPagesCheck(options)
  return async (args, next) => {
    const { method, headers } = args.request
    const open = assertOpen(firstOpen(notesOf(args.context)), 'ownPages')
    const error = check({ method, header: (name) => headers.get(name) ?? undefined })
    if (error !== undefined) {
      open.refused('cross-site', error)
      throw await thrownFor(error, args)
    }
    return withHeader(await next(), 'vary', OWN_PAGES_VARY)
  }
}

/**
 * Ends the session, and answers: `export const action = logout({ redirect: '/' })`, below `session()` and `csrf()`. Only a POST logs out.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 * @see OWASP ASVS 7.4.4, 14.3.1.
 */
export function logout(options: LogoutOptions = {}): (args: ActionFunctionArgs) => Promise<Response> {
  const wordsFor = logoutWords(options)
  return async ({ request, context }) => {
    const notes = notesOf(context)
    const open = assertOpen(firstOpen(notes), 'logout')
    const { status, headers } = wordsFor(request.method)
    if (status !== 405) await open.session.destroy()
    // Where the action belongs to a page, React Router makes a response of its own of this one.
    for (const name of ['clear-site-data', 'allow']) if (headers[name] !== undefined) notes.owed.set(name, headers[name])
    return new Response(null, { status, headers })
  }
}
