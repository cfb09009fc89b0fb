import type { SessionConfig } from '../../config/index.ts'
import { checkCookie } from '../../http/cookie-options.ts'
import type { RingEntry } from '../commands/keys.ts'
import { type Finding, fault, good, warning } from './finding.ts'

/** Where the application is to run. */
export interface Place {
  readonly isProduction: boolean
}

export function checkSecure({ cookie = {} }: SessionConfig, { isProduction }: Place): Finding {
  const check = 'cookie-secure'
  const cure = 'Set cookie.secure to true (SESSION_COOKIE_SECURE=true): browsers take such a cookie from http://localhost too.'
  if (cookie.secure === false) return fault(check, 'The cookie is not Secure: whoever is on the way can take it and be logged in.', cure)
  if (cookie.secure === 'auto' && isProduction)
    return fault(check, "cookie.secure is 'auto', which is for development: on plain HTTP the cookie is not Secure.", cure)
  return good(check, 'The cookie is Secure.')
}

export function checkName({ cookie = {} }: SessionConfig): Finding {
  const check = 'cookie-name'
  const { name = 'ml_session', ...options } = cookie
  const { secureName } = checkCookie(name, options)
  if (/^__(?:Host|Secure)-/i.test(secureName)) return good(check, `The cookie is called ${secureName}.`)
  const message = `The cookie's name ${secureName} has no prefix: a sub-domain, or a page on plain HTTP, can put another one in its place.`
  const cure =
    cookie.secure === false
      ? "Make the cookie Secure: then its name gets the prefix '__Host-' by itself."
      : "Leave cookie.prefix out for 'auto': the name gets '__Host-' where path and domain allow it."
  return warning(check, message, cure)
}

export function checkAbsoluteLimit({ lifetime = {} }: SessionConfig): Finding {
  const check = 'absolute-limit'
  const isEndless = lifetime.absoluteSeconds === 0 || lifetime.maxAbsoluteSeconds === 0
  if (!isEndless) return good(check, 'Sessions end after a time, however much they are used.')
  const field = lifetime.absoluteSeconds === 0 ? 'lifetime.absoluteSeconds' : 'lifetime.maxAbsoluteSeconds'
  return fault(
    check,
    `${field} is 0: a stolen session that is used again and again never ends.`,
    `Set ${field}, to 2592000 (30 days) or less.`,
  )
}

export function checkKeys({ encrypt }: SessionConfig, ring: readonly RingEntry[], refusal: string | undefined): Finding {
  const check = 'keys'
  const generate = 'Make a key with: holdfast keys generate'
  if (encrypt !== true) return good(check, 'Sessions are not sealed: whoever can read the store can read them.')
  if (refusal !== undefined) return fault(check, refusal, generate)
  if (ring.some(({ state, form }) => state === 'seals' && form === 'php'))
    return fault(
      check,
      'The key that seals is a text of the PHP library: it may be weak.',
      `${generate}, let it seal, and the old one open.`,
    )
  if (ring.filter(({ state }) => state !== 'retired').length > 1) return good(check, 'The ring has a key that seals and others that open.')
  return warning(
    check,
    'The ring has one key: when it must be changed at once, nothing is prepared for it.',
    `${generate}, and add it under a new name with the state 'opens', on all servers.`,
  )
}

export function checkMemory(driverName: string, { isProduction }: Place): Finding {
  const check = 'memory-driver'
  if (driverName !== 'memory') return good(check, `Sessions are kept by the driver '${driverName}'.`)
  const message = 'Sessions are kept in the memory of the process: a restart loses them, and no other process sees them.'
  const cure = "Set driver to 'file', 'database' or 'redis' (SESSION_DRIVER)."
  return isProduction ? fault(check, message, cure) : warning(check, message, cure)
}
