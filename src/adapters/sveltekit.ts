/**
 * Sessions for SvelteKit 2 and 3: handles for `hooks.server.ts`.
 * @module
 */
import type { RequestEvent } from '@sveltejs/kit'
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
import { checkFunction, knownFields } from '../session/option-check.ts'
import type { DefaultData } from '../session/path-types.ts'
import type { Session } from '../session/session.ts'
import { CsrfDoor } from './fetch/csrf-door.ts'
import type { LetIn } from './fetch/csrf-door.ts'
import { assertOpen, firstOpen, isMounted, mount, tell } from './fetch/mounted.ts'
import { thrownAway, withHeader, withSetCookie } from './fetch/response.ts'
import { SessionDoor } from './fetch/session-door.ts'
import type { RequestSessionOptions } from './fetch/session-door.ts'
import { guardOf } from './sveltekit/guarded.ts'
import type { GuardedRoutes } from './sveltekit/guarded.ts'
import { answerTo, ledByData, noteOpened, notesOf, openAround } from './sveltekit/notes.ts'
import { addressOf, isPrerendering, urlOf } from './sveltekit/shapes.ts'
import type { Handle, OnError } from './sveltekit/shapes.ts'
import { throwWith, thrownBy } from './sveltekit/thrown.ts'

export type { CsrfOptions } from '../http/csrf-options.ts'
export type { LogoutOptions, SiteData } from '../http/logout.ts'
export type { FreshOptions } from '../http/fresh.ts'
export type { OwnPagesOptions } from '../http/own-pages.ts'
export type { TrustProxy, TrustedProxies } from '../http/trust-proxy.ts'
export { csrfField, csrfMeta, csrfToken } from '../http/csrf-words.ts'
export { oncePerProcess } from './once-per-process.ts'
export type { GuardedRoutes } from './sveltekit/guarded.ts'
export type { Handle } from './sveltekit/shapes.ts'

/** How requests get their sessions. Functions are given SvelteKit's event. */
export interface SvelteKitSessionOptions<As extends string = 'session'> extends RequestSessionOptions<RequestEvent, As> {
  /** The client's address. Default: `event.getClientAddress()`. */
  readonly clientAddress?: ((event: RequestEvent) => string | undefined) | undefined
  /**
   * Answers when a session could not be opened or stored, or a guard refused a request. Default: a plain answer with the error's status, that tells
   * nothing; JSON for those that ask for it.
   */
  readonly onError?: OnError | undefined
}

/** What `session` adds to `event.locals`: `interface Locals extends SessionLocals<Data> {}` in the `App` of `app.d.ts`. */
export type SessionLocals<Data extends object = DefaultData, As extends string = 'session'> = { readonly [Name in As]: Session<Data> }

/**
 * Gives each request its session, as `event.locals.session`, and stores it before the first byte of the response:
 * `export const handle = sequence(session(sessions), csrf())` in `hooks.server.ts`.
 *
 * Nothing is stored when the answer is a 500 or more, as that of an unexpected error is. A redirect, an `error()` below 500 and a `fail()` are answers. A request
 * that the application makes to itself with `event.fetch` has the session of the one that it is made in. While the application is built there is none.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 */
export function session<Data extends object = DefaultData, As extends string = 'session'>(
  manager: SessionManager<Data>,
  options: SvelteKitSessionOptions<As> = {},
): Handle {
  const { onError, clientAddress } = options
  checkFunction('session.clientAddress', clientAddress)
  const door = new SessionDoor<Data, RequestEvent>(manager, { ...options, clientAddress: clientAddress ?? addressOf }, 'onError')
  checkFunction('session.onError', onError)
  return async ({ event, resolve }) => {
    const notes = notesOf(event)
    if (isMounted(notes, door)) return resolve(event)
    const url = urlOf(event)
    if (isPrerendering() || !door.serves(url)) {
      mount(notes, door, undefined)
      if (isPrerendering()) refusePrerendered(event, door.as)
      return resolve(event)
    }
    notes.onError ??= onError
    const around = openAround(event, manager)
    if (around !== undefined) {
      mount(notes, door, around)
      Reflect.set(event.locals, door.as, around.session)
      return resolve(event)
    }
    let open: OpenSession<Data>
    try {
      open = await door.open(event.request, url, event)
    } catch (error) {
      return answerTo(error, event)
    }
    mount(notes, door, open)
    noteOpened(open.session, notes)
    Reflect.set(event.locals, door.as, open.session)
    let response: Response
    try {
      response = await open.run(() => resolve(event))
    } catch (error) {
      return finishThrown(door, open, event, error)
    }
    return finish(door, open, event, response)
  }
}

async function finish<Data extends object>(
  door: SessionDoor<Data, RequestEvent>,
  open: OpenSession<Data>,
  event: RequestEvent,
  response: Response,
): Promise<Response> {
  try {
    const lines = await door.end(open, { status: response.status, cause: response }, urlOf(event))
    const answer = ledByData(withSetCookie(response, lines), event)
    tell(notesOf(event), lines)
    return answer
  } catch (error) {
    thrownAway(response)
    const lines = tell(notesOf(event), await door.fail(open, error, urlOf(event)))
    return withSetCookie(await answerTo(error, event), lines)
  }
}

/** Ends a request that a handle further in has ended by throwing. What is thrown further in than that is answered by SvelteKit before it gets here. */
async function finishThrown<Data extends object>(
  door: SessionDoor<Data, RequestEvent>,
  open: OpenSession<Data>,
  event: RequestEvent,
  error: unknown,
): Promise<Response> {
  const thrown = thrownBy(error)
  if (thrown === undefined) {
    await door.fail(open, error, urlOf(event))
    throw error
  }
  let lines
  try {
    lines = await door.end(open, { status: thrown.status, cause: error }, urlOf(event))
  } catch (failure) {
    lines = tell(notesOf(event), await door.fail(open, failure, urlOf(event)))
    return withSetCookie(await answerTo(failure, event), lines)
  }
  tell(notesOf(event), lines)
  return throwWith(error, thrown, lines, event)
}

function refusePrerendered({ locals, route }: RequestEvent, as: string): void {
  const get = (): never => {
    throw SessionError.config(
      'prerender',
      `${route.id ?? 'a page'} is made once for everybody, while the application is built: there is no session. Leave out what is the visitor's own, or set prerender = false.`,
    )
  }
  Object.defineProperty(locals, as, { get, configurable: true })
}

/**
 * Refuses requests that change state and do not prove that they come from the application's own pages: a handle behind `session()`. It stands beside SvelteKit's
 * own check of a form's `Origin`, asks for the token too, and looks at requests that are no forms. A refusal is a 403, or what the `onError` of `session()` gives.
 *
 * Forms are read through a clone of the request, up to 100,000 bytes; larger ones and other bodies need the token in a header. Remote functions can carry no token:
 * their origin is looked at. Requests that the application makes to itself are let in.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 * @see OWASP Cross-Site Request Forgery Prevention Cheat Sheet.
 */
export function csrf(options: CsrfOptions = {}): Handle {
  const forPages = new CsrfDoor(options)
  const forRemote = new CsrfDoor({ ...options, tokens: 'fallback' })
  return async ({ event, resolve }) => {
    if (event.isSubRequest) return resolve(event)
    const door = event.isRemoteRequest ? forRemote : forPages
    let letIn: LetIn
    try {
      letIn = await door.letIn({ request: event.request, url: urlOf(event), found: firstOpen(notesOf(event)) })
    } catch (error) {
      return answerTo(error, event)
    }
    return door.complete(await resolve(event), letIn)
  }
}

/**
 * Refuses requests whose user has not proved lately who they are: a handle behind `session()`, for all routes or some. A refusal is a 403, or what the
 * `onError` of `session()` gives, which may lead to the login.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 * @see OWASP ASVS 7.5.1.
 */
export function requireFresh({ routes, ...options }: FreshOptions & GuardedRoutes = {}): Handle {
  const check = freshCheck(options)
  const isGuarded = guardOf('requireFresh', routes)
  return async ({ event, resolve }) => {
    if (!isGuarded(event)) return resolve(event)
    const open = assertOpen(firstOpen(notesOf(event)), 'requireFresh')
    const error = check(open.session)
    if (error === undefined) return resolve(event)
    open.refused('not-fresh', error)
    return answerTo(error, event)
  }
}

/**
 * Refuses to be loaded by pages of other sites, as a script, an image, a frame or by fetch; a visitor who follows a link is let in: a handle behind `session()`,
 * for all routes or some. A refusal is a 403, or what the `onError` of `session()` gives.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 * @see OWASP ASVS 3.5.8; W3C Fetch Metadata.
 */
export function ownPages({ routes, ...options }: OwnPagesOptions & GuardedRoutes = {}): Handle {
  const check = ownPagesCheck(options)
  const isGuarded = guardOf('ownPages', routes)
  return async ({ event, resolve }) => {
    if (event.isSubRequest || !isGuarded(event)) return resolve(event)
    const { method, headers } = event.request
    const open = assertOpen(firstOpen(notesOf(event)), 'ownPages')
    const error = check({ method, header: (name) => headers.get(name) ?? undefined })
    if (error === undefined) return withHeader(await resolve(event), 'vary', OWN_PAGES_VARY)
    open.refused('cross-site', error)
    return answerTo(error, event)
  }
}

/**
 * Ends the session, and answers: `export const POST = logout({ redirect: '/' })` in a `+server.ts`, behind `session()` and `csrf()`. Only a POST logs out. A form action
 * is `logoutAction`.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 * @see OWASP ASVS 7.4.4, 14.3.1.
 */
export function logout(options: LogoutOptions = {}): (event: RequestEvent) => Promise<Response> {
  const wordsFor = logoutWords(options)
  return async (event) => {
    const open = assertOpen(firstOpen(notesOf(event)), 'logout')
    const { status, headers } = wordsFor(event.request.method)
    if (status !== 405) await open.session.destroy()
    return new Response(null, { status, headers })
  }
}

/** How a form action logs out. */
export interface LogoutActionOptions extends Omit<LogoutOptions, 'redirect'> {
  /** What comes then: `() => redirect(303, '/')`, with SvelteKit's own `redirect`. Default: the page is shown again. */
  readonly after?: (() => unknown) | undefined
}

/**
 * Ends the session: `export const actions = { logout: logoutAction({ after: () => redirect(303, '/') }) }` in a `+page.server.ts`, behind `session()` and `csrf()`.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 * @see OWASP ASVS 7.4.4, 14.3.1.
 */
export function logoutAction({ after, ...options }: LogoutActionOptions = {}): (event: RequestEvent) => Promise<void> {
  knownFields('logoutAction', options, ['clearSiteData'])
  checkFunction('logoutAction.after', after)
  const { 'clear-site-data': clearSiteData } = logoutWords(options)('POST').headers
  return async (event) => {
    await assertOpen(firstOpen(notesOf(event)), 'logoutAction').session.destroy()
    if (clearSiteData !== undefined) event.setHeaders({ 'clear-site-data': clearSiteData })
    await after?.()
  }
}
