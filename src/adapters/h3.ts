/**
 * Sessions for h3 2 and what stands on it, such as Nitro.
 * @module
 */
import type { EventHandler, H3Event, Middleware } from 'h3'
import type { CsrfOptions } from '../http/csrf-options.ts'
import { freshCheck } from '../http/fresh.ts'
import type { FreshOptions } from '../http/fresh.ts'
import { logoutWords } from '../http/logout.ts'
import type { LogoutOptions } from '../http/logout.ts'
import { OWN_PAGES_VARY, ownPagesCheck } from '../http/own-pages.ts'
import type { OwnPagesOptions } from '../http/own-pages.ts'
import type { OpenSession } from '../manager/open-session.ts'
import type { SessionManager } from '../manager/session-manager.ts'
import type { DefaultData } from '../session/path-types.ts'
import type { Session } from '../session/session.ts'
import { CsrfDoor } from './fetch/csrf-door.ts'
import { assertOpen, firstOpen, isMounted, mount, tell } from './fetch/mounted.ts'
import { thrownAway, withHeader, withSetCookie } from './fetch/response.ts'
import type { CookieLines } from './fetch/response.ts'
import { SessionDoor } from './fetch/session-door.ts'
import type { RequestSessionOptions } from './fetch/session-door.ts'
import { answerWith, asHttpError, responseOf, statusOf } from './h3/response.ts'

export type { CsrfOptions } from '../http/csrf-options.ts'
export type { LogoutOptions, SiteData } from '../http/logout.ts'
export type { FreshOptions } from '../http/fresh.ts'
export type { OwnPagesOptions } from '../http/own-pages.ts'
export type { TrustProxy, TrustedProxies } from '../http/trust-proxy.ts'
export { csrfField, csrfMeta, csrfToken } from '../http/csrf-words.ts'

/** How requests get their sessions. Functions are given h3's event. */
export type H3SessionOptions = RequestSessionOptions<H3Event, string>

/**
 * Gives each request its session, as `event.context.session`, and stores it before the first byte of the response.
 *
 * Nothing is stored when the answer is a 500 or more, whether it was given or is that of an error. When the session cannot be opened or stored, an
 * `HTTPError` with the status of the `SessionError`, which is its `cause`, is thrown; what the handler had set for the response is gone by then.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 */
export function session<Data extends object = DefaultData>(manager: SessionManager<Data>, options: H3SessionOptions = {}): Middleware {
  const door = new SessionDoor<Data, H3Event>(manager, options)
  return guard(async (event, next) => {
    if (isMounted(event, door)) return next()
    const { req, url } = event
    if (!door.serves(url)) {
      mount(event, door, undefined)
      return next()
    }
    const opening = door.open(req, url, event)
    const open = opening instanceof Promise ? await opening : opening
    mount(event, door, open)
    event.context[door.as] = open.session
    let answer: Response | symbol
    try {
      answer = await open.run(async () => await responseOf(await next(), event))
    } catch (error) {
      return await endThrown(event, door, open, error)
    }
    return await finish(event, door, open, answer)
  })
}

async function finish<Data extends object>(
  event: H3Event,
  door: SessionDoor<Data, H3Event>,
  open: OpenSession<Data>,
  answer: Response | symbol,
): Promise<Response | symbol> {
  let complete = answer
  let lines: CookieLines
  try {
    const outcome = typeof answer === 'symbol' ? { status: 404, cause: undefined } : { status: answer.status, cause: answer }
    const ending = door.end(open, outcome, event.url)
    lines = ending instanceof Promise ? await ending : ending
    if (typeof answer !== 'symbol') complete = withSetCookie(answer, lines)
  } catch (error) {
    if (typeof answer !== 'symbol') thrownAway(answer)
    return await throwWith(event, error, tell(event, await door.fail(open, error, event.url)))
  }
  const told = tell(event, lines)
  return (typeof complete === 'symbol' ? await answerWith(event, complete, told) : complete) ?? complete
}

/** Ends a request that has thrown. An error of less than 500 is an answer that was chosen. */
async function endThrown<Data extends object>(
  event: H3Event,
  door: SessionDoor<Data, H3Event>,
  open: OpenSession<Data>,
  error: unknown,
): Promise<Response> {
  const status = statusOf(error)
  if (status >= 500) return await throwWith(event, error, tell(event, await door.fail(open, error, event.url)))
  let lines: CookieLines
  try {
    lines = await door.end(open, { status, cause: error }, event.url)
  } catch (failure) {
    return await throwWith(event, failure, tell(event, await door.fail(open, failure, event.url)))
  }
  return await throwWith(event, error, tell(event, lines))
}

/** Throws an error on, with the cookies beside, or gives its answer where they can go no other way. */
async function throwWith(event: H3Event, error: unknown, lines: readonly string[]): Promise<Response> {
  const thrown = asHttpError(error, event)
  const answer = await answerWith(event, thrown, lines)
  if (answer === undefined) throw thrown
  return answer
}

/**
 * Refuses requests that change state and do not prove that they come from the application's own pages. Mount it behind `session()`. A refusal is an
 * `HTTPError` of 403 whose `cause` is a `CsrfError`.
 *
 * Forms are read through a clone of the request, up to 100,000 bytes; larger ones and other bodies need the token in a header.
 * The token is that of the session that was opened first, where there are several (`as`).
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 * @see OWASP Cross-Site Request Forgery Prevention Cheat Sheet.
 */
export function csrf(options: CsrfOptions = {}): Middleware {
  const door = new CsrfDoor(options)
  return guard(async (event, next) => {
    const letIn = await door.letIn({ request: event.req, url: event.url, found: firstOpen(event) })
    const answer = await responseOf(await next(), event)
    return typeof answer === 'symbol' ? answer : door.complete(answer, letIn)
  })
}

/**
 * Refuses requests whose user has not proved lately who they are: before a change of password or address. Mount it behind `session()`. A refusal is an
 * `HTTPError` of 403 whose `cause` is `ERR_SESSION_NOT_FRESH`.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 * @see OWASP ASVS 7.5.1.
 */
export function requireFresh(options: FreshOptions = {}): Middleware {
  const check = freshCheck(options)
  return guard((event, next) => {
    const open = assertOpen(firstOpen(event), 'requireFresh')
    const error = check(open.session)
    if (error === undefined) return next()
    open.refused('not-fresh', error)
    throw error
  })
}

/**
 * Refuses to be loaded by pages of other sites, as a script, an image, a frame or by fetch; a visitor who follows a link is let in. Mount it behind
 * `session()`, before what a logged-in user sees. A refusal is an `HTTPError` of 403 whose `cause` is `ERR_SESSION_SECURITY_VALIDATION_FAILED`.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 * @see OWASP ASVS 3.5.8; W3C Fetch Metadata.
 */
export function ownPages(options: OwnPagesOptions = {}): Middleware {
  const check = ownPagesCheck(options)
  return guard(async (event, next) => {
    const open = assertOpen(firstOpen(event), 'ownPages')
    const error = check({ method: event.req.method, header: (name) => event.req.headers.get(name) ?? undefined })
    if (error !== undefined) {
      open.refused('cross-site', error)
      throw error
    }
    const answer = await responseOf(await next(), event)
    return typeof answer === 'symbol' ? answer : withHeader(answer, 'vary', OWN_PAGES_VARY)
  })
}

/**
 * Ends the session, and answers: `app.post('/logout', logout({ redirect: '/' }))`, behind `session()` and `csrf()`. Only a POST logs out.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 * @see OWASP ASVS 7.4.4, 14.3.1.
 */
export function logout(options: LogoutOptions = {}): EventHandler {
  const wordsFor = logoutWords(options)
  return async (event) => {
    const open = assertOpen(firstOpen(event), 'logout')
    const { status, headers } = wordsFor(event.req.method)
    if (status !== 405) await open.session.destroy()
    return new Response(null, { status, headers })
  }
}

/** A middleware whose errors h3 answers with their own status. */
function guard(middleware: Middleware): Middleware {
  return async (event, next) => {
    try {
      return await middleware(event, next)
    } catch (error) {
      throw asHttpError(error, event)
    }
  }
}

declare module 'h3' {
  interface H3EventContext {
    /** The visitor's session, behind `session()`. */
    session: Session
  }
}
