import { SessionError } from '../session/errors.ts'
import { booleanOption, choiceOption, integerOption, knownFields, shown } from '../session/option-check.ts'

/** How the session cookie is written. All is checked at construction by the rules of RFC 6265bis, so that no browser drops it silently. */
export interface CookieOptions {
  /**
   * Below which path browsers send it back. Default: `/`, everywhere on the host; `__Host-` demands that.
   * A path keeps other applications of the host from being sent the cookie, not from reading or setting it.
   */
  readonly path?: string | undefined
  /** A domain whose sub-domains all get it and can all overwrite it. Default: none, only the host that set it; `__Host-` demands that. */
  readonly domain?: string | undefined
  /**
   * Whether it travels over HTTPS alone. Default: `true`. Browsers take such a cookie from `http://localhost` too; Safari does not.
   * `'auto'` is for development: Secure and prefixed on HTTPS, neither on plain HTTP; a session is never carried from one to the other.
   * `false` gives the login to anyone on the way.
   */
  readonly secure?: boolean | 'auto' | undefined
  /** Whether scripts in the page cannot read it. Default: `true`. */
  readonly httpOnly?: boolean | undefined
  /**
   * Whether requests that other sites start carry it. Default: `Lax`, only when they open a page by a link. `Strict`: never, a visitor who
   * comes by a link seems logged out. `None`: always; it needs `secure: true`.
   */
  readonly sameSite?: 'Lax' | 'Strict' | 'None' | undefined
  /**
   * How long the browser keeps it, in seconds. Default: 7200; 0: until the browser is closed; at most 34,560,000 (400 days), where browsers
   * cut it off. How long the session lives is decided by the server alone, see `lifetime`.
   */
  readonly lifetimeSeconds?: number | undefined
  /**
   * What stands before the name, a promise that the browser checks. Default: `auto`, `__Host-` where `path`, `domain` and `secure` allow, else
   * `__Secure-` where `secure` allows, else nothing. `none` shares the cookie with an application that knows the bare name.
   */
  readonly prefix?: 'auto' | 'none' | '__Host-' | '__Secure-' | undefined
  /** Whether a page embedded in another site gets a jar of its own for it (CHIPS). Default: `false`; it needs `secure: true`. */
  readonly partitioned?: boolean | undefined
  /** Which cookies Chromium gives up last when a site has too many. Others do not know it. Default: none is sent, which is `Medium`. */
  readonly priority?: 'Low' | 'Medium' | 'High' | undefined
}

/** Options after the check: nothing is left open. */
export interface CookieSettings {
  readonly path: string
  readonly domain: string | undefined
  readonly secure: boolean | 'auto'
  readonly httpOnly: boolean
  readonly sameSite: 'Lax' | 'Strict' | 'None'
  readonly lifetimeSeconds: number
  readonly partitioned: boolean
  readonly priority: 'Low' | 'Medium' | 'High' | undefined
  /** The cookie's name where it is Secure: with its prefix. */
  readonly secureName: string
  /** The cookie's name where it is not: as it was given. */
  readonly plainName: string
}

const FIELDS = ['path', 'domain', 'secure', 'httpOnly', 'sameSite', 'lifetimeSeconds', 'prefix', 'partitioned', 'priority']
const SAME_SITES = ['Lax', 'Strict', 'None'] as const
const PRIORITIES = ['Low', 'Medium', 'High'] as const
const PREFIXES = ['auto', 'none', '__Host-', '__Secure-'] as const
// Lower case and longest first: browsers compare them so.
const KNOWN_PREFIXES = ['__host-http-', '__host-', '__http-', '__secure-'] as const
const LONGEST_LIFETIME_SECONDS = 34_560_000
const LONGEST_ATTRIBUTE = 1024

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
// Printable ASCII without the semicolon, and no space at the end, which browsers would cut off.
const PATH = /^\/(?:[ -:<-~]*[!-:<-~])?$/
// The last label is not all digits: an IPv4 address is no domain.
const DOMAIN = /^\.?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*(?!\d+$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i
const LONGEST_DOMAIN = 253

/**
 * Checks a cookie's name and options, and settles what they leave open.
 * @param name The name before any prefix, or one that brings its own.
 * @throws {SessionError} `ERR_SESSION_CONFIG`, naming the option.
 * @see RFC 6265bis, sections 4.1, 5.4, 5.6 and 5.7.
 */
export function checkCookie(name: string, options: CookieOptions, nameOption = 'name'): CookieSettings {
  knownFields('cookie', options, FIELDS)
  const secure = choiceOption('cookie.secure', options.secure, true, [true, false, 'auto'])
  const settings = {
    path: checkedPath(options.path ?? '/'),
    domain: checkedDomain(options.domain),
    secure,
    httpOnly: booleanOption('cookie.httpOnly', options.httpOnly, true),
    sameSite: choiceOption('cookie.sameSite', anyCase(options.sameSite), 'Lax', SAME_SITES),
    lifetimeSeconds: integerOption('cookie.lifetimeSeconds', options.lifetimeSeconds, 7200, 0, LONGEST_LIFETIME_SECONDS),
    priority: options.priority === undefined ? undefined : choiceOption('cookie.priority', options.priority, 'Medium', PRIORITIES),
    partitioned: booleanOption('cookie.partitioned', options.partitioned, false),
  }
  if (settings.sameSite === 'None' && secure !== true) throw needsSecure('cookie.sameSite', "'None'", secure)
  if (settings.partitioned && secure !== true) throw needsSecure('cookie.partitioned', 'true', secure)
  const prefix = choiceOption('cookie.prefix', options.prefix, 'auto', PREFIXES)
  return { ...settings, plainName: name, secureName: prefixed(checkedName(nameOption, name), prefix, settings) }
}

type Ruled = Pick<CookieSettings, 'path' | 'domain' | 'secure' | 'httpOnly'>

function prefixed(name: string, prefix: (typeof PREFIXES)[number], settings: Ruled): string {
  const own = KNOWN_PREFIXES.find((known) => name.toLowerCase().startsWith(known))
  if (own !== undefined) {
    if (prefix !== 'auto' && prefix !== 'none' && prefix.toLowerCase() !== own) {
      throw SessionError.config('cookie.prefix', `is '${prefix}', but the name '${name}' has another one already.`)
    }
    // A name that brings its prefix cannot go without it, as 'auto' would have it on plain HTTP.
    checkPrefix(`the name '${name}'`, own, settings, settings.secure === true)
    return name
  }
  if (prefix === 'none') return name
  if (prefix === 'auto') {
    if (settings.secure === false) return name
    return (settings.path === '/' && settings.domain === undefined ? '__Host-' : '__Secure-') + name
  }
  checkPrefix(`prefix '${prefix}'`, prefix.toLowerCase(), settings, settings.secure !== false)
  return prefix + name
}

function checkPrefix(what: string, prefix: string, settings: Ruled, isSecure: boolean): void {
  if (!isSecure) throw SessionError.config('cookie.secure', `is ${shown(settings.secure)}, but ${what} demands true.`)
  if (prefix.startsWith('__host-') && settings.path !== '/') {
    throw SessionError.config('cookie.path', `is ${shown(settings.path)}, but ${what} demands '/'.`)
  }
  if (prefix.startsWith('__host-') && settings.domain !== undefined) {
    throw SessionError.config('cookie.domain', `is ${shown(settings.domain)}, but ${what} demands that there is none.`)
  }
  if (prefix.endsWith('http-') && !settings.httpOnly) throw SessionError.config('cookie.httpOnly', `is false, but ${what} demands true.`)
}

function needsSecure(option: string, value: string, secure: boolean | 'auto'): SessionError {
  return SessionError.config(option, `is ${value}, which browsers take with 'secure: true' only; secure is ${shown(secure)}.`)
}

function checkedName(option: string, name: unknown): string {
  if (typeof name === 'string' && TOKEN.test(name)) return name
  throw SessionError.config(option, `must be letters, digits and !#$%&'*+-.^_\`|~ only, at least one, not ${shown(name)}.`)
}

function checkedPath(path: unknown): string {
  if (typeof path === 'string' && path.length <= LONGEST_ATTRIBUTE && PATH.test(path)) return path
  throw SessionError.config(
    'cookie.path',
    `must begin with '/' and have at most ${LONGEST_ATTRIBUTE} printable ASCII characters without ';', not ${shown(path)}.`,
  )
}

function checkedDomain(domain: unknown): string | undefined {
  if (domain === undefined) return undefined
  if (typeof domain === 'string' && domain.length <= LONGEST_DOMAIN && DOMAIN.test(domain)) return domain
  throw SessionError.config('cookie.domain', `must be a domain such as 'example.com', without scheme or port, not ${shown(domain)}.`)
}

// 'lax' means 'Lax' to every browser; a value from the environment is often written so.
function anyCase(value: unknown): unknown {
  return typeof value === 'string' ? (SAME_SITES.find((known) => known.toLowerCase() === value.toLowerCase()) ?? value) : value
}
