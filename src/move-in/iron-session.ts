import type { Cookies } from 'cookie'
import { SessionError } from '../session/errors.ts'
import { checkFunction, knownFields, numberOption } from '../session/option-check.ts'
import { isObject } from '../session/plain.ts'
import { clearingFor, cookieNameOption } from './clearing.ts'
import type { OldCookiePlace } from './clearing.ts'
import { contentsOf } from './contents.ts'
import type { MappingOptions, OldContents, OldSession, OldSource } from './old-session.ts'

/** How iron-session sealed its visitors. */
export interface IronSessionOptions extends MappingOptions {
  /** The old cookie's name. */
  readonly cookieName: string
  /** The old password, or all of them by their numbers. */
  readonly password: string | Readonly<Record<string, string>>
  /** `unsealData` of the iron-session that the old application used, 8 or 9: it stays installed while visitors move in. */
  readonly unseal: (seal: string, options: { password: string | Record<string, string>; ttl?: number }) => Promise<unknown>
  /**
   * Seconds that the old application let a seal live; 0 for ever. For as long it is remembered that it has moved, with 0 for 400 days: no browser keeps a cookie for longer.
   * Default: 1209600, 14 days, as in iron-session.
   */
  readonly ttl?: number | undefined
  /** Where the old cookie stands, if not at `/` of the host itself: to have it forgotten. */
  readonly cookie?: OldCookiePlace | undefined
}

const FIELDS = ['cookieName', 'password', 'unseal', 'ttl', 'cookie', 'data', 'userId', 'authenticatedAt']
const MOST_CHUNKS = 4
const SIGNED_PARTS = 6
const LONGEST_SEAL = 4 * 4096
const FOURTEEN_DAYS = 1_209_600
/** No browser keeps a cookie for longer. RFC 6265bis, section 5.5. */
const FOREVER = 34_560_000
/** iron-session takes a seal for a minute longer, by the clock of whoever opens it. */
const SKEW_SECONDS = 3600

/**
 * The sessions of iron-session 8 and 9, which live in their cookie.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 */
export function ironSession(options: IronSessionOptions): OldSource {
  knownFields('ironSession', options, FIELDS)
  const { unseal } = options
  const cookieName = cookieNameOption('ironSession.cookieName', options.cookieName)
  if (typeof unseal !== 'function') throw SessionError.config('ironSession.unseal', 'must be unsealData of iron-session.')
  for (const name of ['data', 'userId', 'authenticatedAt'] as const) checkFunction(`ironSession.${name}`, options[name])
  const password = passwordFrom(options.password)
  const ttl = numberOption('ironSession.ttl', options.ttl, FOURTEEN_DAYS, 'at least', 0)
  const clear = clearingFor('ironSession.cookie', options.cookie)
  const names = [cookieName, ...Array.from({ length: MOST_CHUNKS }, (_, index) => `${cookieName}.${index}`)]

  async function read(seal: string): Promise<OldContents | undefined> {
    let old: unknown
    try {
      old = await unseal(seal, { password, ttl })
    } catch {
      // Version 8 throws for some texts that are no seal, where 9 gives an empty session.
      return undefined
    }
    return isObject(old) && Object.keys(old).length > 0 ? contentsOf(old, options) : undefined
  }

  const source: OldSource = {
    cookieName,
    lifetimeMs: 1000 * (ttl === 0 ? FOREVER : ttl + SKEW_SECONDS),
    shelf: undefined,
    find: (cookies): OldSession | undefined => {
      const seal = sealIn(cookies, names)
      if (!seal.startsWith('Fe26.2*') || seal.length > LONGEST_SEAL) return undefined
      // The parts that are signed. What comes behind them, signature and version, has many texts that are as good: a seal must not pass for another by them.
      const identity = seal.split('*', SIGNED_PARTS).join('*')
      return { source, identity, secret: identity, read: () => read(seal) }
    },
    clearing: (cookies) => names.filter((name) => cookies[name] !== undefined).map(clear),
  }
  return source
}

/** A seal that is too long for one cookie stands in several, `name.0` and so on. */
function sealIn(cookies: Cookies, [whole = '', ...chunks]: readonly string[]): string {
  const seal = cookies[whole]
  if (seal !== undefined && seal !== '') return seal
  const missing = chunks.findIndex((name) => !cookies[name])
  return chunks
    .slice(0, missing === -1 ? chunks.length : missing)
    .map((name) => cookies[name])
    .join('')
}

// The message shows none of them.
function passwordFrom(given: unknown): string | Record<string, string> {
  const passwords: Record<string, unknown> = isObject(given) ? { ...given } : { 1: given }
  const texts: Record<string, string> = {}
  for (const [id, password] of Object.entries(passwords)) if (typeof password === 'string' && password.length >= 32) texts[id] = password
  const count = Object.keys(texts).length
  if (count === 0 || count < Object.keys(passwords).length) {
    throw SessionError.config(
      'ironSession.password',
      'must be the old password, or all of them by their numbers, of 32 characters or more.',
    )
  }
  return typeof given === 'string' ? given : texts
}
