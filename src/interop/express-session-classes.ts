import { SessionError } from '../session/errors.ts'
import { isObject, isPlainObject } from '../session/plain.ts'

/** What `express-session` hands to its store. */
export interface ExpressRequest {
  sessionID?: string
  session?: unknown
}

interface Classes {
  readonly session: new (request: object, data: object) => object
  /** What cookies inherit from: their class cannot be found by one of them. */
  readonly cookie: object | null
}

/** What `express-session` puts on its store: makes a new session for a request. */
export type Generate = (request: ExpressRequest) => void

/**
 * Makes sessions of the classes of `express-session`, which are found by looking at one that it has made: the package itself is not imported.
 */
export class ExpressSessionMaker {
  #classes: Classes | undefined

  /**
   * Gives a request the session that was stored as this data.
   * @throws {SessionError} `ERR_SESSION_CONFIG` where there is no `express-session`.
   */
  revive(request: ExpressRequest, data: object, generate: Generate | undefined): object {
    const classes = (this.#classes ??= learn(request, generate))
    const cookie: unknown = Reflect.get(data, 'cookie')
    const session = new classes.session(request, { ...data, cookie: reviveCookie(classes, isPlainObject(cookie) ? cookie : {}) })
    request.session = session
    return session
  }
}

function learn(request: ExpressRequest, generate: Generate | undefined): Classes {
  const { sessionID } = request
  if (generate === undefined)
    throw SessionError.config('store', 'must be given to session() of express-session before it can make sessions.')
  generate(request)
  const { session } = request
  if (sessionID !== undefined) request.sessionID = sessionID
  const cookie: unknown = isObject(session) ? Reflect.get(session, 'cookie') : undefined
  if (!isObject(session) || !isObject(cookie)) throw new TypeError('express-session made no session')
  const made: unknown = session.constructor
  if (!isSessionClass(made)) throw new TypeError('a session of express-session has no class')
  return { session: made, cookie: Reflect.getPrototypeOf(cookie) }
}

// JSON has a text for the date; setting the date sets `originalMaxAge` anew.
function reviveCookie(classes: Classes, { originalMaxAge, expires, ...stored }: Record<string, unknown>): object {
  const cookie: unknown = Object.create(classes.cookie)
  const date = typeof expires === 'string' ? new Date(expires) : null
  return Object.assign(Object(cookie), { path: '/', httpOnly: true }, stored, { expires: date }, { originalMaxAge })
}

function isSessionClass(made: unknown): made is Classes['session'] {
  return typeof made === 'function'
}
