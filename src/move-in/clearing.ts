import { parseSetCookie, stringifySetCookie } from 'cookie'
import type { CookieSettings } from '../http/cookie-options.ts'
import { SessionError } from '../session/errors.ts'
import { knownFields, shown } from '../session/option-check.ts'

/** Where the old cookie stands: a browser forgets it only by the same path and domain. */
export interface OldCookiePlace {
  /** Default: `/`. */
  readonly path?: string | undefined
  /** Default: none, the host itself. */
  readonly domain?: string | undefined
}

/** Makes the `Set-Cookie` values that make a browser forget old cookies. @throws {SessionError} `ERR_SESSION_CONFIG`. */
export function clearingFor(option: string, place: OldCookiePlace = {}): (name: string) => string {
  knownFields(option, place, ['path', 'domain'])
  const { path = '/', domain } = place
  return (name) => {
    // Browsers take no cookie of such a name without it, not even one that is over.
    const secure = /^__(?:host|secure)-/i.test(name)
    return stringifySetCookie({ name, value: '', path, maxAge: 0, httpOnly: true, secure, ...(domain !== undefined && { domain }) })
  }
}

/** @throws {SessionError} `ERR_SESSION_CONFIG` for what cannot be a cookie's name. */
export function cookieNameOption(option: string, name: unknown): string {
  if (typeof name === 'string' && /^[\w!#$%&'*+.^`|~-]+$/.test(name)) return name
  throw SessionError.config(option, `must be the name of the old cookie, not ${shown(name)}.`)
}

/** Whether a `Set-Cookie` value is about the very cookie of this name that our settings write: a browser tells cookies apart by name, domain and path. */
export function isOurs(line: string, name: string, { path, domain, partitioned }: CookieSettings): boolean {
  const theirs = parseSetCookie(line)
  return theirs.name === name && theirs.path === path && hostOf(theirs.domain) === hostOf(domain) && !partitioned
}

function hostOf(domain: string | undefined): string | undefined {
  return domain?.replace(/^\./, '').toLowerCase()
}
