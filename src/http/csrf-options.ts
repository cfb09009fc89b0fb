import { SessionError } from '../session/errors.ts'
import { isObject } from '../session/plain.ts'
import { booleanOption, choiceOption, integerOption, knownFields, shown } from '../session/option-check.ts'
import { checkCookie } from './cookie-options.ts'
import { exceptMatcher } from './except.ts'
import { asOrigin } from './origin.ts'

/** How requests that change state must prove that they come from the application's own pages. */
export interface CsrfOptions {
  /**
   * Whether every such request must carry the session's token. Default: `always`. With `fallback` a request whose `Sec-Fetch-Site`,
   * `Origin` or `Referer` proves its origin needs none; a wrong one is refused all the same.
   */
  readonly tokens?: 'always' | 'fallback' | undefined
  /** The form field that carries the token. Default: `_csrf`. */
  readonly fieldName?: string | undefined
  /** Paths that are not checked, such as a webhook that proves itself otherwise: see `exceptMatcher`. Default: none. */
  readonly except?: readonly (string | RegExp)[] | undefined
  /**
   * The application's own origin, such as `https://shop.example`. Default: the scheme and `Host` of each request. Set it behind
   * a proxy that ends HTTPS, where the server sees plain HTTP and the browser does not.
   */
  readonly origin?: string | undefined
  /** Other origins whose pages may send such requests. They need the token nevertheless, unless `tokens` is `fallback`. Default: none. */
  readonly trustedOrigins?: readonly string[] | undefined
  /** The status of a refusal, from 400 to 499. Default: 403. */
  readonly status?: number | undefined
  /**
   * Whether a cookie that scripts can read hands them the token, to send as `X-XSRF-TOKEN`: what Angular and axios do by themselves.
   * Default: `false`; `true` names it `XSRF-TOKEN`.
   */
  readonly cookie?: boolean | { readonly name: string } | undefined
  /** Whether nothing is refused, only reported by an event: to try it out on a running application. Default: `false`. */
  readonly report?: boolean | undefined
}

/** Options after the check: nothing is left open. */
export interface CsrfSettings {
  readonly tokens: 'always' | 'fallback'
  readonly fieldName: string
  readonly isExcepted: (path: string) => boolean
  readonly origin: string | undefined
  readonly trustedOrigins: ReadonlySet<string>
  readonly status: number
  readonly cookieName: string | undefined
  readonly report: boolean
}

const FIELDS = ['tokens', 'fieldName', 'except', 'origin', 'trustedOrigins', 'status', 'cookie', 'report']
const COOKIE_NAME = 'XSRF-TOKEN'

/** @throws {SessionError} `ERR_SESSION_CONFIG`, naming the option. */
export function checkCsrf(options: CsrfOptions): CsrfSettings {
  knownFields('csrf', options, FIELDS)
  return {
    tokens: choiceOption('csrf.tokens', options.tokens, 'always', ['always', 'fallback']),
    fieldName: checkedFieldName(options.fieldName ?? '_csrf'),
    isExcepted: exceptMatcher(options.except ?? [], 'csrf.except'),
    ...checkOrigins('csrf', options),
    status: integerOption('csrf.status', options.status, 403, 400, 499),
    cookieName: checkedCookieName(options.cookie),
    report: booleanOption('csrf.report', options.report, false),
  }
}

/** Which pages are the application's own, or as good. @throws {SessionError} `ERR_SESSION_CONFIG`, naming the option. */
export function checkOrigins(
  name: string,
  { origin, trustedOrigins }: Pick<CsrfOptions, 'origin' | 'trustedOrigins'>,
): Pick<CsrfSettings, 'origin' | 'trustedOrigins'> {
  return {
    origin: origin === undefined ? undefined : checkedOrigin(`${name}.origin`, origin),
    trustedOrigins: checkedOrigins(`${name}.trustedOrigins`, trustedOrigins ?? []),
  }
}

function checkedFieldName(name: unknown): string {
  if (typeof name === 'string' && name !== '') return name
  throw SessionError.config('csrf.fieldName', `must be a text that is not empty, not ${shown(name)}.`)
}

function checkedOrigins(option: string, origins: unknown): ReadonlySet<string> {
  if (!Array.isArray(origins)) throw SessionError.config(option, `must be an array of origins, not ${shown(origins)}.`)
  return new Set(origins.map((origin: unknown, index) => checkedOrigin(`${option}.${index}`, origin)))
}

function checkedOrigin(option: string, origin: unknown): string {
  const checked = typeof origin === 'string' ? asOrigin(origin) : undefined
  if (checked !== undefined) return checked
  throw SessionError.config(
    option,
    `must be an origin such as 'https://shop.example', without a path or a slash at the end, not ${shown(origin)}.`,
  )
}

function checkedCookieName(cookie: unknown): string | undefined {
  if (cookie === undefined || cookie === false) return undefined
  if (cookie === true) return COOKIE_NAME
  knownFields('csrf.cookie', cookie, ['name'])
  if (isObject(cookie) && 'name' in cookie && typeof cookie.name === 'string') {
    // Whether the session cookie's attributes suit its prefix shows when there is a session.
    return checkCookie(cookie.name, { httpOnly: false, prefix: 'none' }, 'csrf.cookie.name').secureName
  }
  throw SessionError.config('csrf.cookie.name', 'must be the name of a cookie.')
}
