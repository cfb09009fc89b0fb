/**
 * Sessions for Fastify 5: the middleware of `holdfast/node` as a plugin, and its guards as hooks.
 * @module
 */
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import type { CsrfOptions } from '../http/csrf-options.ts'
import type { FreshOptions } from '../http/fresh.ts'
import { logoutWords } from '../http/logout.ts'
import type { LogoutOptions } from '../http/logout.ts'
import type { OwnPagesOptions } from '../http/own-pages.ts'
import { SessionError } from '../session/errors.ts'
import { choiceOption } from '../session/option-check.ts'
import type { Session } from '../session/session.ts'
import { register } from './fastify/registered.ts'
import { isWebStream, openWith, pass, showSession } from './fastify/request-session.ts'
import { withDefaults } from './ignored-option.ts'
import { csrfStep } from './node/csrf-middleware.ts'
import { nodeOptions, openedFor } from './node/framework.ts'
import type { FrameworkOptions } from './node/framework.ts'
import { requireFresh as nodeRequireFresh } from './node/fresh-middleware.ts'
import { leaveToWebStream } from './node/hold.ts'
import { ownPages as nodeOwnPages } from './node/own-pages-middleware.ts'
import type { SessionOpener } from './node/passage.ts'
import { asNodeResponse } from './node/response.ts'
import { session as nodeSession } from './node/session-middleware.ts'

export type { SessionOpener }
export type { CsrfOptions } from '../http/csrf-options.ts'
export type { LogoutOptions, SiteData } from '../http/logout.ts'
export type { FreshOptions } from '../http/fresh.ts'
export type { OwnPagesOptions } from '../http/own-pages.ts'
export type { TrustProxy, TrustedProxies } from '../http/trust-proxy.ts'
export { csrfField, csrfMeta, csrfToken } from '../http/csrf-words.ts'

/** How requests get their sessions: `concurrency` may be a function of Fastify's request, and `as` is a property of it. */
export interface FastifySessionOptions extends FrameworkOptions<FastifyRequest> {
  /**
   * The hook in which the session is opened. `onRequest`: every hook that comes later has it, but the session is locked while the body arrives. `preValidation`: it is
   * opened when the body is there. Default: `onRequest`.
   */
  readonly hook?: 'onRequest' | 'preValidation' | undefined
}

/** A hook for `addHook` or the options of a route, in `preValidation` or `preHandler`. */
export type FastifySessionHook = (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => void

/**
 * A plugin that gives each request its session, as `request.session`, and stores it before the first byte of the response:
 * `app.register(session(sessions))`. It holds for the context in which it is registered, and for those below it.
 *
 * A status of 500 or more stores nothing. When the session cannot be opened or stored, the error handler of the route gets the error, and answers on the
 * response as it was here: headers that were set later are gone by then.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work, when it is made, or, for a name that is taken and for an option that
 * a session of the same manager in a context around it leaves without effect, when it is registered.
 */
export function session(manager: SessionOpener, options: FastifySessionOptions = {}): FastifyPluginAsync {
  const { hook, ...others } = options
  const { options: given, meet } = nodeOptions(others)
  const at = choiceOption('session.hook', hook, 'onRequest', ['onRequest', 'preValidation'])
  const middleware = nodeSession(manager, given)
  const { as = 'session' } = options

  const open: FastifySessionHook = (request, reply, done) => {
    meet(request.raw, request)
    openWith(
      reply,
      (next) => middleware(request.raw, reply.raw, next),
      (error) => pass(error, done),
    )
  }

  const plugin: FastifyPluginAsync = async (app) => {
    if (!('addHook' in app)) throw SessionError.config('session', 'is a plugin, and no hook: app.register(session(sessions)).')
    register(app, { manager, as, options: withDefaults(options) })
    showSession(app, as)
    app.addHook(at, open)
    app.addHook('onSend', (_request, reply, payload, done) => {
      if (isWebStream(payload)) leaveToWebStream(asNodeResponse(reply.raw))
      done(null, payload)
    })
  }
  // What `fastify-plugin` writes: the hooks are the registering context's own, and not of one beside it.
  return Object.assign(plugin, { [Symbol.for('skip-override')]: true, [Symbol.for('fastify.display-name')]: 'holdfast' })
}

/**
 * A hook that refuses requests that change state and do not prove that they come from the application's own pages: the error handler gets a `CsrfError` with status 403.
 * `app.addHook('preValidation', csrf())`, behind `session()`, and with `@fastify/formbody` where forms are sent.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 * @see OWASP Cross-Site Request Forgery Prevention Cheat Sheet.
 */
export function csrf(options: CsrfOptions = {}): FastifySessionHook {
  const check = csrfStep(options)
  return guard('csrf', (request, reply, next) => check(request.raw, reply.raw, request.body, next))
}

/**
 * A hook that refuses requests whose user has not proved lately who they are: the error handler gets `ERR_SESSION_NOT_FRESH` with status 403.
 * `app.post('/password', { preHandler: requireFresh() }, ...)`, behind `session()`.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 * @see OWASP ASVS 7.5.1.
 */
export function requireFresh(options: FreshOptions = {}): FastifySessionHook {
  const check = nodeRequireFresh(options)
  return guard('requireFresh', (request, reply, next) => check(request.raw, reply.raw, next))
}

/**
 * A hook that refuses to be loaded by pages of other sites, as a script, an image, a frame or by fetch; a visitor who follows a link is let in: the error handler gets
 * `ERR_SESSION_SECURITY_VALIDATION_FAILED` with status 403. It goes behind `session()`, before what a logged-in user sees.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 * @see OWASP ASVS 3.5.8; W3C Fetch Metadata.
 */
export function ownPages(options: OwnPagesOptions = {}): FastifySessionHook {
  const check = nodeOwnPages(options)
  return guard('ownPages', (request, reply, next) => check(request.raw, reply.raw, next))
}

/**
 * A handler that ends the session, and answers: `app.post('/logout', logout({ redirect: '/' }))`, behind `session()` and `csrf()`. Only a POST logs out.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 * @see OWASP ASVS 7.4.4, 14.3.1.
 */
export function logout(options: LogoutOptions = {}): (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply> {
  const wordsFor = logoutWords(options)
  return async (request, reply) => {
    const { session: opened } = openedFor(reply.raw, 'logout')
    const { status, headers } = wordsFor(request.method)
    if (status !== 405) await opened.destroy()
    return reply.code(status).headers(headers).send()
  }
}

type Check = (request: FastifyRequest, reply: FastifyReply, next: (error?: unknown) => void) => void

/** A hook. Fastify hands a plugin the application and options in place of a request and a reply: whoever has registered this as one is told so. */
function guard(name: string, check: Check): FastifySessionHook {
  return (request, reply, done) => {
    if ('raw' in reply) check(request, reply, (error) => pass(error, done))
    else done(SessionError.config(name, `is a hook, and no plugin: app.addHook('preValidation', ${name}()).`))
  }
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The visitor's session, behind `session()`. */
    session: Session
  }
}
