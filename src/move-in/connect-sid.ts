import type { Cookies } from 'cookie'
import { SessionError } from '../session/errors.ts'
import { checkFunction, knownFields, numberOption, timerOption } from '../session/option-check.ts'
import { isObject } from '../session/plain.ts'
import { clearingFor, cookieNameOption } from './clearing.ts'
import type { OldCookiePlace } from './clearing.ts'
import { connectShelf } from './connect-shelf.ts'
import type { ConnectStore } from './connect-shelf.ts'
import { unsign } from './signature.ts'
import type { MappingOptions, OldSession, OldSource } from './old-session.ts'

/** Where express-session kept its visitors. */
export interface ConnectSidOptions extends MappingOptions {
  /** The store that express-session was given, such as connect-redis, connect-pg-simple or session-file-store. */
  readonly store: ConnectStore
  /** The secret, or all of them, that the old application signed with. */
  readonly secrets: string | readonly string[]
  /** The old cookie's name. Default: `connect.sid`. */
  readonly name?: string | undefined
  /** Where the old cookie stands, if not at `/` of the host itself: to have it forgotten. */
  readonly cookie?: OldCookiePlace | undefined
  /**
   * Seconds that an old session may live without the old application's use: its store's `ttl` or its cookie's `maxAge`. For as long it is remembered that it has moved.
   * Default: 2592000, 30 days.
   */
  readonly lifetimeSeconds?: number | undefined
  /** Seconds that the old store may take to answer; then the request fails with 503. Default: 5. */
  readonly answerSeconds?: number | undefined
  /**
   * Makes of what a session holds here what the old application finds there, while there is a way back. Default: the same; beside `data` none, and what changes here is
   * not written back.
   */
  readonly toOld?: ((data: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>) | undefined
}

const FIELDS = ['store', 'secrets', 'name', 'cookie', 'lifetimeSeconds', 'answerSeconds', 'data', 'userId', 'authenticatedAt', 'toOld']
const LONGEST_COOKIE = 4096

/**
 * The sessions of express-session, whatever its store: by the cookie `connect.sid`, signed with one of the secrets.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 */
export function connectSid(options: ConnectSidOptions): OldSource {
  knownFields('connectSid', options, FIELDS)
  const { store } = options
  if (!isObject(store) || ['get', 'set', 'destroy'].some((method) => typeof Reflect.get(store, method) !== 'function')) {
    throw SessionError.config(
      'connectSid.store',
      'must be the store that express-session was given: it has the methods get, set and destroy.',
    )
  }
  for (const name of ['data', 'userId', 'authenticatedAt', 'toOld'] as const) checkFunction(`connectSid.${name}`, options[name])
  const cookieName = cookieNameOption('connectSid.name', options.name ?? 'connect.sid')
  const verify = unsign(secretsFrom(options.secrets))
  const clear = clearingFor('connectSid.cookie', options.cookie)
  const shelf = connectShelf({ ...options, answerSeconds: timerOption('connectSid.answerSeconds', options.answerSeconds, 5, 'above') })
  const source: OldSource = {
    cookieName,
    lifetimeMs: 1000 * numberOption('connectSid.lifetimeSeconds', options.lifetimeSeconds, 2_592_000, 'above', 0),
    shelf,
    find: (cookies) => found(cookies),
    clearing: (cookies) => (cookies[cookieName] === undefined ? [] : [clear(cookieName)]),
  }
  async function found(cookies: Cookies): Promise<OldSession | undefined> {
    const text = cookies[cookieName]
    if (text === undefined || text.length > LONGEST_COOKIE || !text.startsWith('s:')) return undefined
    const identity = await verify(text.slice(2))
    return identity === undefined ? undefined : { source, identity, secret: text, read: () => shelf.read(identity) }
  }
  return source
}

// The message shows none of them.
function secretsFrom(given: unknown): readonly string[] {
  const secrets: unknown[] = Array.isArray(given) ? given : [given]
  const texts = secrets.filter((secret): secret is string => typeof secret === 'string' && secret !== '')
  if (texts.length === secrets.length && texts.length > 0) return texts
  throw SessionError.config('connectSid.secrets', 'must be the secrets that the old application signed with: texts, none of them empty.')
}
