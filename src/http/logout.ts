import { SessionError } from '../session/errors.ts'
import { knownFields, shown } from '../session/option-check.ts'

/** What a browser can be told to forget about the site. */
export type SiteData = 'cache' | 'cookies' | 'storage' | 'executionContexts' | '*'

/** How a logout answers. */
export interface LogoutOptions {
  /** Where the browser goes then: a path or a URL. Default: nowhere; the answer is 204. */
  readonly redirect?: string | undefined
  /** What the browser is told to forget besides the session's cookie: `Clear-Site-Data`. Browsers heed it over HTTPS only. Default: nothing. */
  readonly clearSiteData?: readonly SiteData[] | undefined
}

/** The answer to a logout. */
export interface LogoutWords {
  readonly status: 204 | 303 | 405
  readonly headers: Readonly<Record<string, string>>
}

const SITE_DATA: readonly unknown[] = ['cache', 'cookies', 'storage', 'executionContexts', '*']
/** A link or an image on another page could log a visitor out otherwise. */
const WRONG_METHOD: LogoutWords = { status: 405, headers: { allow: 'POST', 'cache-control': 'no-store' } }

/**
 * Makes the answers of a logout: to a POST, and to anything else, which logs nobody out.
 * @throws {SessionError} `ERR_SESSION_CONFIG`.
 * @see OWASP ASVS 7.4.4, 14.3.1; W3C Clear Site Data.
 */
export function logoutWords(options: LogoutOptions = {}): (method: string | undefined) => LogoutWords {
  knownFields('logout', options, ['redirect', 'clearSiteData'])
  const { redirect, clearSiteData = [] } = options
  // Visible ASCII: nothing in it can end the header.
  if (redirect !== undefined && !(typeof redirect === 'string' && /^[!-~]+$/.test(redirect))) {
    throw SessionError.config('logout.redirect', `must be a path or a URL without spaces, such as '/', not ${shown(redirect)}.`)
  }
  if (!Array.isArray(clearSiteData) || clearSiteData.some((kind: unknown) => !SITE_DATA.includes(kind))) {
    throw SessionError.config('logout.clearSiteData', `must list some of ${SITE_DATA.join(', ')}, not ${shown(clearSiteData)}.`)
  }
  const headers: Record<string, string> = { 'cache-control': 'no-store' }
  if (redirect !== undefined) headers['location'] = redirect
  if (clearSiteData.length > 0) headers['clear-site-data'] = clearSiteData.map((kind: SiteData) => `"${kind}"`).join(', ')
  const done: LogoutWords = { status: redirect === undefined ? 204 : 303, headers }
  return (method) => (method === 'POST' ? done : WRONG_METHOD)
}
