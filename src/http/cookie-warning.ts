import type { CookiePolicy } from './cookie.ts'

/** What a request says about the way that it came. */
export interface RequestOrigin {
  /** Whether the browser spoke HTTPS: of the socket, or as a proxy in front says (a wrong guess costs a warning here, nothing else). */
  readonly isHttps: boolean | undefined
  /** The `Host` header or the URL's host, with or without a port. */
  readonly host: string | undefined
}

/** Says in one line why browsers will not keep the cookie that such a request is answered with, or `undefined` when they will. */
export function whyBrowserDrops(policy: CookiePolicy, request: RequestOrigin): string | undefined {
  const { isSecure, name } = policy.form(request.isHttps)
  const { domain } = policy.settings
  const host = hostName(request.host)
  if (isSecure && request.isHttps === false && !isLoopback(host)) {
    return (
      `Browsers drop the cookie '${name}': it is Secure, and the request came over plain HTTP to ${quoted(host)}. ` +
      "Serve HTTPS, or set cookie.secure to 'auto' while developing. (Fine if a proxy in front ends HTTPS.)"
    )
  }
  if (domain !== undefined && host !== undefined && !isWithin(host, domain.toLowerCase().replace(/^\./, ''))) {
    return `Browsers drop the cookie '${name}': its Domain is '${domain}', and the request came to ${quoted(host)}. Leave cookie.domain out, or correct it.`
  }
  return undefined
}

/** Says in one line that `secure: 'auto'` sends the login over plain HTTP through a network, or `undefined` when it does not. */
export function whyCookieIsExposed(policy: CookiePolicy, request: RequestOrigin): string | undefined {
  const { isSecure, name } = policy.form(request.isHttps)
  const host = hostName(request.host)
  if (policy.settings.secure !== 'auto' || isSecure || isLoopback(host)) return undefined
  return (
    `The cookie '${name}' went out without Secure, over plain HTTP to ${quoted(host)}: anyone on the way can take the session. ` +
    "cookie.secure 'auto' is for development; set it to true where people log in."
  )
}

/** Makes a function that an adapter calls with each request that gets a cookie. It warns of each trouble once in its life. */
export function cookieWarnings(policy: CookiePolicy, warn: (line: string) => void): (request: RequestOrigin) => void {
  const untold = new Set([whyBrowserDrops, whyCookieIsExposed])
  return (request) => {
    for (const why of untold) {
      const line = why(policy, request)
      if (line === undefined) continue
      untold.delete(why)
      warn(line)
    }
  }
}

function hostName(host: string | undefined): string | undefined {
  return host?.toLowerCase().replace(/:\d*$/, '')
}

// Browsers call these trustworthy without HTTPS (W3C Secure Contexts, section 3.1).
function isLoopback(host: string | undefined): boolean {
  return host !== undefined && /^(?:(?:[a-z0-9-]+\.)*localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(host)
}

function isWithin(host: string, domain: string): boolean {
  return host === domain || host.endsWith(`.${domain}`)
}

// The host is the client's word: what is no host does not get into a log.
function quoted(host: string | undefined): string {
  return host !== undefined && /^[a-z0-9.\-_:[\]]{1,253}$/.test(host) ? `'${host}'` : 'an unnamed host'
}
