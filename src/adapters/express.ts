/**
 * Sessions for Express 5: the door of `holdfast/node` with Express's types.
 * @module
 */
import type { Request, RequestHandler, Response } from 'express'
import type { CsrfOptions } from '../http/csrf-options.ts'
import type { FreshOptions } from '../http/fresh.ts'
import type { OwnPagesOptions } from '../http/own-pages.ts'
import { csrf as nodeCsrf } from './node/csrf-middleware.ts'
import type { SessionLocals } from './node/locals.ts'
import type { LogoutOptions } from '../http/logout.ts'
import { logout as nodeLogout } from './node/logout-handler.ts'
import { ownPages as nodeOwnPages } from './node/own-pages-middleware.ts'
import { requireFresh as nodeRequireFresh } from './node/fresh-middleware.ts'
import { session as nodeSession } from './node/session-middleware.ts'
import type { SessionOptions } from './node/session-options.ts'
import type { Next, SessionOpener } from './node/passage.ts'
import type { Session } from '../session/session.ts'

export type { SessionLocals, SessionOpener, SessionOptions }
export type { CsrfOptions } from '../http/csrf-options.ts'
export type { LogoutOptions, SiteData } from '../http/logout.ts'
export type { FreshOptions } from '../http/fresh.ts'
export type { OwnPagesOptions } from '../http/own-pages.ts'
export type { TrustProxy, TrustedProxies } from '../http/trust-proxy.ts'
export { csrfField, csrfMeta, csrfToken } from '../http/csrf-words.ts'

/**
 * Gives each request its session, as `req.session`, and stores it before the first byte of the response. Templates get `csrfToken()`,
 * `csrfField()` and `flash(key)` through `res.locals`.
 *
 * Mount what reads slow bodies before it: the session is locked from here on. When the session cannot be opened or stored, the error
 * handlers behind it get the error, and answer on the response as it was here: headers that later middleware set are gone by then.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 */
export function session(manager: SessionOpener, options: SessionOptions<Request> = {}): RequestHandler {
  return handing(nodeSession(manager, options))
}

/**
 * Refuses requests that change state and do not prove that they come from the application's own pages: the error handlers get a
 * `CsrfError` with status 403. Mount it behind `session()`, and behind `express.urlencoded()` where forms are sent.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 */
export function csrf(options: CsrfOptions = {}): RequestHandler {
  return handing(nodeCsrf(options))
}

/**
 * Refuses requests whose user has not proved lately who they are: the error handlers get `ERR_SESSION_NOT_FRESH` with status 403, and may lead to the login.
 * Mount it behind `session()`.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 * @see OWASP ASVS 7.5.1.
 */
export function requireFresh(options: FreshOptions = {}): RequestHandler {
  return handing(nodeRequireFresh(options))
}

/**
 * Refuses to be loaded by pages of other sites, as a script, an image, a frame or by fetch; a visitor who follows a link is let in: the error
 * handlers get `ERR_SESSION_SECURITY_VALIDATION_FAILED` with status 403. Mount it behind `session()`, before what a logged-in user sees.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 * @see OWASP ASVS 3.5.8; W3C Fetch Metadata.
 */
export function ownPages(options: OwnPagesOptions = {}): RequestHandler {
  return handing(nodeOwnPages(options))
}

/**
 * Ends the session, and answers: `app.post('/logout', logout({ redirect: '/' }))`, behind `session()` and `csrf()`. Only a POST logs out.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 * @see OWASP ASVS 7.4.4, 14.3.1.
 */
export function logout(options: LogoutOptions = {}): RequestHandler {
  return handing(nodeLogout(options))
}

/** Express's `next` takes an error also where tracing has put a function around it that names no parameter. */
function handing(step: (request: Request, response: Response, next: Next) => void): RequestHandler {
  return (request, response, next) => step(request, response, next.length > 0 ? next : (error?: unknown) => next(error))
}

declare global {
  namespace Express {
    interface Locals extends Partial<SessionLocals> {}

    // Also where the types of `holdfast/node` are not loaded, which only a value of it would bring along.
    interface Request {
      /** The visitor's session, behind `session()`. */
      session: Session
    }
  }
}
