/**
 * Sessions for Hono 4, on every runtime that it runs on.
 * @module
 */
import type { Context, MiddlewareHandler } from 'hono'
import { bodyFieldFromParsed } from '../http/body-token.ts'
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
import { withHeader, withSetCookie, withVaryOf } from './fetch/response.ts'
import { SessionDoor } from './fetch/session-door.ts'
import type { RequestSessionOptions } from './fetch/session-door.ts'
import { LazyUrl } from './hono/lazy-url.ts'
import { giveErrorCookie, giveResponse, throwAway, withAnswer } from './hono/response.ts'

export type { CsrfOptions } from '../http/csrf-options.ts'
export type { LogoutOptions, SiteData } from '../http/logout.ts'
export type { FreshOptions } from '../http/fresh.ts'
export type { OwnPagesOptions } from '../http/own-pages.ts'
export type { TrustProxy, TrustedProxies } from '../http/trust-proxy.ts'
export { csrfField, csrfMeta, csrfToken } from '../http/csrf-words.ts'

/** How requests get their sessions. Functions are given Hono's context. */
export type HonoSessionOptions<As extends string = 'session'> = RequestSessionOptions<Context, As>

/** What `session` adds to the variables of a context: `new Hono<{ Variables: SessionVariables }>()`. */
export type SessionVariables<Data extends object = DefaultData, As extends string = 'session'> = { readonly [Name in As]: Session<Data> }

/**
 * Gives each request its session, as `c.var.session`, and stores it before the first byte of the response.
 *
 * Nothing is stored when the answer is a 500 or more, whether it was given or is that of an error. When the session cannot be opened or stored, the
 * application's `onError` gets the `SessionError`; Hono's own answers with its status. What the handler had set for the response is gone by then.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 */
export function session<Data extends object = DefaultData, As extends string = 'session'>(
  manager: SessionManager<Data>,
  options: HonoSessionOptions<As> = {},
): MiddlewareHandler<{ Variables: SessionVariables<Data, As> }> {
  const door = new SessionDoor<Data, Context>(manager, options)
  return async (c: Context, next) => {
    if (isMounted(c, door)) return next()
    const request = c.req.raw
    const url = new LazyUrl(request)
    if (!door.serves(url)) {
      mount(c, door, undefined)
      return next()
    }
    let open: OpenSession<Data>
    try {
      const opening = door.open(request, url, c)
      open = opening instanceof Promise ? await opening : opening
    } catch (error) {
      throw withAnswer(error)
    }
    mount(c, door, open)
    c.set(door.as, open.session)
    try {
      await open.run(next)
    } catch (error) {
      // Hono answers what is an `Error` further in, and lets the rest pass.
      await door.fail(open, error, url)
      throw error
    }
    await finish(c, door, open, url)
  }
}

async function finish<Data extends object>(
  c: Context,
  door: SessionDoor<Data, Context>,
  open: OpenSession<Data>,
  url: LazyUrl,
): Promise<void> {
  // Nobody answered, which Hono complains of by itself.
  const status = c.finalized ? c.res.status : 500
  try {
    const ending = door.end(open, { status, cause: c.error ?? c.res }, url)
    const cookie = ending instanceof Promise ? await ending : ending
    if (c.finalized) giveResponse(c, withVaryOf(c.error, withSetCookie(c.res, cookie)))
    tell(c, cookie)
  } catch (error) {
    throwAway(c)
    // What a save in the midst of the request has stored is told all the same, and so are sessions further in.
    giveErrorCookie(c, tell(c, await door.fail(open, error, url)))
    throw withAnswer(error)
  }
}

/**
 * Refuses requests that change state and do not prove that they come from the application's own pages. Mount it behind `session()`. A refusal is a
 * `CsrfError`: the application's `onError` gets it, and Hono's own answers with 403.
 *
 * Forms are read through a clone of the request, up to 100,000 bytes, or as Hono has read them before; larger ones and other bodies need the token in a header.
 * The token is that of the session that was opened first, where there are several (`as`).
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 * @see OWASP Cross-Site Request Forgery Prevention Cheat Sheet.
 */
export function csrf(options: CsrfOptions = {}): MiddlewareHandler {
  const door = new CsrfDoor(options)
  return guard(async (c, next) => {
    const request = c.req.raw
    const wasRead = Object.keys(c.req.bodyCache).length > 0
    const readBody = async (field: string): Promise<unknown> => bodyFieldFromParsed(await c.req.parseBody({ all: true }), field)
    const place = { request, url: new URL(request.url), found: firstOpen(c), readBody: wasRead ? readBody : undefined }
    const letIn = await door.letIn(place)
    await next()
    if (c.finalized) giveResponse(c, door.complete(c.res, letIn))
  })
}

/**
 * Refuses requests whose user has not proved lately who they are: before a change of password or address. Mount it behind `session()`. A refusal is
 * `ERR_SESSION_NOT_FRESH`: the application's `onError` gets it and may lead to the login; Hono's own answers with 403.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 * @see OWASP ASVS 7.5.1.
 */
export function requireFresh(options: FreshOptions = {}): MiddlewareHandler {
  const check = freshCheck(options)
  return guard(async (c, next) => {
    const open = assertOpen(firstOpen(c), 'requireFresh')
    const error = check(open.session)
    if (error === undefined) return next()
    open.refused('not-fresh', error)
    throw error
  })
}

/**
 * Refuses to be loaded by pages of other sites, as a script, an image, a frame or by fetch; a visitor who follows a link is let in. Mount it behind
 * `session()`, before what a logged-in user sees. A refusal is `ERR_SESSION_SECURITY_VALIDATION_FAILED`: the application's `onError` gets it, and Hono's
 * own answers with 403.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 * @see OWASP ASVS 3.5.8; W3C Fetch Metadata.
 */
export function ownPages(options: OwnPagesOptions = {}): MiddlewareHandler {
  const check = ownPagesCheck(options)
  return guard(async (c, next) => {
    const open = assertOpen(firstOpen(c), 'ownPages')
    const error = check({ method: c.req.raw.method, header: (name) => c.req.raw.headers.get(name) ?? undefined })
    if (error !== undefined) {
      open.refused('cross-site', error)
      throw error
    }
    await next()
    if (c.finalized) giveResponse(c, withHeader(c.res, 'vary', OWN_PAGES_VARY))
  })
}

/**
 * Ends the session, and answers: `app.post('/logout', logout({ redirect: '/' }))`, behind `session()` and `csrf()`. Only a POST logs out.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 * @see OWASP ASVS 7.4.4, 14.3.1.
 */
export function logout(options: LogoutOptions = {}): MiddlewareHandler {
  const wordsFor = logoutWords(options)
  return async (c) => {
    const open = assertOpen(firstOpen(c), 'logout')
    const { status, headers } = wordsFor(c.req.raw.method)
    if (status !== 405) await open.session.destroy()
    return c.body(null, status, headers)
  }
}

/** A middleware whose errors Hono answers with their own status. */
function guard(middleware: MiddlewareHandler): MiddlewareHandler {
  return async (c, next) => {
    try {
      return await middleware(c, next)
    } catch (error) {
      throw withAnswer(error)
    }
  }
}
