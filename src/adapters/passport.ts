/**
 * Passport 0.7 on our sessions: with Express and connect as it is, with Koa and Fastify through `onKoa` and `onFastify`.
 * @module
 */
import { SessionError } from '../session/errors.ts'
import { checkFunction, knownFields, shown } from '../session/option-check.ts'
import { isObject } from '../session/plain.ts'
import { userIdOf as checkedUserId } from '../session/request-info.ts'
import { Session } from '../session/session.ts'
import type { AnyData } from '../session/session-state.ts'
import { isSkipped } from './node/hold-state.ts'
import type { NodeRequest } from './node/response.ts'
import type { ConnectMiddleware } from './passport/connect.ts'
import { flashOver } from './passport/flash.ts'
import { passportView } from './passport/passport-view.ts'

export type { ConnectAnswer, ConnectMiddleware } from './passport/connect.ts'
export { onFastify } from './passport/on-fastify.ts'
export type { FastifyReplyParts, FastifyRequestParts, PassportHook } from './passport/on-fastify.ts'
export { onKoa } from './passport/on-koa.ts'
export type { KoaContext, PassportKoaMiddleware } from './passport/on-koa.ts'

/** How Passport and the session work together. */
export interface PassportOptions {
  /** The attribute in which Passport keeps its user: its own option `key`. Default: `passport`. */
  readonly key?: string | undefined
  /**
   * Whose session it is, for `sessions.list` and `sessions.revokeUser`, from what `serializeUser` gave. Default: that itself where it is a text or a number, else its
   * `id`. Without one the session is nobody's.
   */
  readonly userId?: ((user: unknown) => string | number | null | undefined) | undefined
}

/** Middleware of Express and connect, and a step of a plain `node:http` handler. */
export type PassportMiddleware = (request: NodeRequest, response: unknown, next: (error?: unknown) => void) => void

const views = new WeakSet<object>()

/**
 * Gives Passport the session that it expects, in the place of the request's: mount it behind `session()` and before `passport.session()`.
 *
 * What is no part of `Session` is an attribute: `req.session.returnTo = '/x'` sets what `req.session.get('returnTo')` gives, and a change in place is kept.
 * `regenerate`, `save`, `destroy` and `reload` take a callback too. `regenerate(callback)`, which Passport calls at each login and logout, gives a new id, after which
 * the old one opens nothing, and drops the attributes and the user. While somebody is logged in, the session is that user's. `req.flash` is there for `failureFlash`.
 *
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 * @see OWASP ASVS 7.2.4.
 */
export function passportSession(options: PassportOptions = {}): PassportMiddleware & ConnectMiddleware {
  knownFields('', options, ['key', 'userId'])
  const { key = 'passport', userId: userIdOf = idOf } = options
  checkFunction('userId', userIdOf)
  if (typeof key !== 'string' || !/^[a-z]\w*$/i.test(key) || key in Session.prototype) {
    throw SessionError.config('key', `must be a word that is no part of a session, such as 'passport', not ${shown(key)}.`)
  }
  const settings = { key, userIdOf: (user: unknown) => userIdOf(user) ?? undefined }
  return (request, response, next) => {
    const session: unknown = Reflect.get(request, 'session')
    const isExcepted = session === undefined && isObject(response) && isSkipped(response)
    if (isExcepted || (isObject(session) && views.has(session))) {
      next()
      return
    }
    if (!isSession(session)) {
      next(SessionError.config('passportSession', 'there is no session in this request. Mount it behind session().'))
      return
    }
    const place = (view: Session<AnyData>): void => {
      views.add(view)
      Reflect.set(request, 'session', view)
    }
    place(passportView(session, settings, place))
    if (!('flash' in request)) Reflect.set(request, 'flash', flashOver(session))
    next()
  }
}

function idOf(user: unknown): string | number | undefined {
  const id: unknown = isObject(user) ? Reflect.get(user, 'id') : user
  try {
    return checkedUserId(id)
  } catch {
    // What Passport keeps may be anything; it is a user's id only where it can be one.
    return undefined
  }
}

function isSession(value: unknown): value is Session<AnyData> {
  return value instanceof Session
}
