/**
 * Sessions for Koa 3: the middleware of `holdfast/node` in Koa's shape.
 * @module
 */
import type Koa from 'koa'
import type { CsrfOptions } from '../http/csrf-options.ts'
import type { FreshOptions } from '../http/fresh.ts'
import { logoutWords } from '../http/logout.ts'
import type { LogoutOptions } from '../http/logout.ts'
import type { OwnPagesOptions } from '../http/own-pages.ts'
import { SessionError } from '../session/errors.ts'
import { assertCalled } from '../session/option-check.ts'
import type { Session } from '../session/session.ts'
import { csrfStep } from './node/csrf-middleware.ts'
import { nodeOptions, openedFor } from './node/framework.ts'
import type { FrameworkOptions } from './node/framework.ts'
import { requireFresh as nodeRequireFresh } from './node/fresh-middleware.ts'
import { ownPages as nodeOwnPages } from './node/own-pages-middleware.ts'
import type { Next, SessionOpener } from './node/passage.ts'
import { propertiesOf } from './node/response.ts'
import { session as nodeSession } from './node/session-middleware.ts'

export type { SessionOpener }
export type { CsrfOptions } from '../http/csrf-options.ts'
export type { LogoutOptions, SiteData } from '../http/logout.ts'
export type { FreshOptions } from '../http/fresh.ts'
export type { OwnPagesOptions } from '../http/own-pages.ts'
export type { TrustProxy, TrustedProxies } from '../http/trust-proxy.ts'
export { csrfField, csrfMeta, csrfToken } from '../http/csrf-words.ts'

/** How requests get their sessions: `concurrency` may be a function of the context, and `as` is a property of it. */
export type KoaSessionOptions = FrameworkOptions<Koa.ExtendableContext>

/** Middleware for every Koa application, whatever its state and context are. */
export type KoaMiddleware = (ctx: Koa.ExtendableContext, next: Koa.Next) => Promise<void>

/**
 * Gives each request its session, as `ctx.session`, and stores it before the first byte of the response, when all middleware has run. A status of 500 or more,
 * which an error without a status becomes, stores nothing.
 *
 * Mount what reads bodies before it: the session is locked from here on. When it cannot be opened, that is thrown as every error. When it cannot be stored, the
 * middleware has run already: `app.on('error')` is told, and Koa's own answer goes out, with status 503.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 */
export function session(manager: SessionOpener, options: KoaSessionOptions = {}): KoaMiddleware {
  assertCalled('session', manager, 'sessions')
  const { options: given, meet } = nodeOptions(options)
  const middleware = nodeSession(manager, given)
  const { as = 'session' } = options
  return async (ctx, next) => {
    if (as in ctx && propertiesOf(ctx)[as] !== propertiesOf(ctx.req)[as]) throw nameTaken(as)
    meet(ctx.req, ctx)
    // `koa-mount` changes the url. What stands around Koa may have said before what it was.
    if (!('originalUrl' in ctx.req)) propertiesOf(ctx.req)['originalUrl'] = ctx.originalUrl
    let isUnderway = false
    try {
      await step(
        (proceed) => {
          middleware(ctx.req, ctx.res, (error?: unknown) => {
            const hasRun = isUnderway
            isUnderway = true
            // After the middleware nobody is left to catch it.
            if (hasRun) ctx.onerror(asError(error))
            else proceed(error)
          })
          if (isUnderway) return
          // Somebody else may answer while it waits for the lock, such as a time-out. What stands around it has something to give back.
          ctx.res.once('close', () => {
            if (!isUnderway && ctx.res.headersSent) proceed(SessionError.closed())
          })
        },
        () => {
          const opened = propertiesOf(ctx.req)[as]
          if (opened !== undefined) propertiesOf(ctx)[as] = opened
          return next()
        },
      )
    } catch (error) {
      endUnanswered(ctx)
      throw error
    }
  }
}

/**
 * Refuses requests that change state and do not prove that they come from the application's own pages: a `CsrfError` with status 403 is thrown. Mount it behind
 * `session()`, and behind what parses forms into `ctx.request.body`.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 * @see OWASP Cross-Site Request Forgery Prevention Cheat Sheet.
 */
export function csrf(options: CsrfOptions = {}): KoaMiddleware {
  const check = csrfStep(options)
  return (ctx, next) => step((proceed) => check(ctx.req, ctx.res, Reflect.get(ctx.request, 'body'), proceed), next)
}

/**
 * Refuses requests whose user has not proved lately who they are: `ERR_SESSION_NOT_FRESH` with status 403 is thrown. Mount it behind `session()`.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 * @see OWASP ASVS 7.5.1.
 */
export function requireFresh(options: FreshOptions = {}): KoaMiddleware {
  const check = nodeRequireFresh(options)
  return (ctx, next) => step((proceed) => check(ctx.req, ctx.res, proceed), next)
}

/**
 * Refuses to be loaded by pages of other sites, as a script, an image, a frame or by fetch; a visitor who follows a link is let in:
 * `ERR_SESSION_SECURITY_VALIDATION_FAILED` with status 403 is thrown. Mount it behind `session()`, before what a logged-in user sees.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 * @see OWASP ASVS 3.5.8; W3C Fetch Metadata.
 */
export function ownPages(options: OwnPagesOptions = {}): KoaMiddleware {
  const check = nodeOwnPages(options)
  return (ctx, next) => step((proceed) => check(ctx.req, ctx.res, proceed), next)
}

/**
 * Ends the session, and answers: `router.post('/logout', logout({ redirect: '/' }))`, behind `session()` and `csrf()`. Only a POST logs out.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 * @see OWASP ASVS 7.4.4, 14.3.1.
 */
export function logout(options: LogoutOptions = {}): KoaMiddleware {
  const wordsFor = logoutWords(options)
  return async (ctx) => {
    const { session: opened } = openedFor(ctx.res, 'logout')
    const { status, headers } = wordsFor(ctx.method)
    if (status !== 405) await opened.destroy()
    ctx.set({ ...headers })
    ctx.status = status
  }
}

// Koa's middleware is a promise that ends when all that comes next has ended.
function step(run: (proceed: Next) => void, next: Koa.Next): Promise<void> {
  return new Promise((resolve, reject) => {
    run((error?: unknown) => {
      if (error === undefined) resolve(next())
      else reject(asError(error))
    })
  })
}

// When the client is gone, Koa does not answer what was thrown, and the lock would be held for as long as an answer may take. What stands around may answer it first.
function endUnanswered(ctx: Koa.ExtendableContext): void {
  if (ctx.writable || ctx.headerSent) return
  const tell: unknown = Reflect.get(ctx, 'onerror')
  Reflect.set(ctx, 'onerror', (error: unknown) => {
    Reflect.apply(Object(tell), ctx, [error])
    if (error === null || error === undefined || ctx.headerSent) return
    ctx.res.statusCode = statusOf(Object(error))
    ctx.res.end()
  })
}

/** The status with which Koa answers an error. */
function statusOf(error: object): number {
  const status: unknown = Reflect.get(error, 'status') ?? Reflect.get(error, 'statusCode')
  return typeof status === 'number' && status >= 400 && status < 600 ? status : 500
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error('The session could not be opened or stored.', { cause: error })
}

function nameTaken(name: string): SessionError {
  return SessionError.config('session.as', `must be a name that a context of Koa does not have yet, such as 'adminSession', not '${name}'.`)
}

declare module 'koa' {
  interface ExtendableContext {
    /** The visitor's session, behind `session()`. */
    session: Session
  }
  interface DefaultContext {
    /** The visitor's session, behind `session()`. */
    session: Session
  }
}
