import { SessionError } from '../session/errors.ts'
import { asSessionId } from '../session/id.ts'
import type { SessionId } from '../session/id.ts'
import { checkCookie } from './cookie-options.ts'
import type { CookieOptions, CookieSettings } from './cookie-options.ts'

/** A Set-Cookie value with a gap for the cookie's value. */
export interface CookieForm {
  readonly name: string
  readonly isSecure: boolean
  /** What stands before the value: the name and `=`. */
  readonly head: string
  /** What stands behind the value: the attributes. */
  readonly tail: string
  /** The same for another lifetime, in seconds; 0 for a cookie that ends with the browser. */
  tailFor(lifetimeSeconds: number): string
  /** The Set-Cookie value that makes a browser forget the cookie. */
  readonly cleared: string
}

/** What of a request the cookie is read from. Without a header nothing else is asked: an adapter may have to take the URL apart for it. */
export interface CookieSource {
  readonly cookieHeader?: string | undefined
  readonly isHttps?: boolean | undefined
}

const LONGEST_COOKIE = 4096
const ID_LENGTH = 40
// Two cookies of one name come of two paths or domains; more come of somebody who wants each of them looked up.
const MOST_IDS = 4
const SPACE = 32
const TAB = 9
const SEMICOLON = 59
const EQUALS = 61

/** Checks a cookie's name and options and makes its policy. @throws {SessionError} `ERR_SESSION_CONFIG`, naming the option. */
export function cookiePolicy(name: string, options: CookieOptions = {}): CookiePolicy {
  return new CookiePolicy(checkCookie(name, options))
}

/**
 * How the session cookie is read and written. Made by `cookiePolicy`.
 *
 * `isHttps` matters to `secure: 'auto'` alone, where the cookie has one form on HTTPS and another on plain HTTP, and each
 * is read only where it is written: a session is not carried from one to the other. Not knowing counts as HTTPS.
 */
export class CookiePolicy {
  readonly settings: CookieSettings
  readonly #onHttps: CookieForm
  readonly #onHttp: CookieForm

  constructor(settings: CookieSettings) {
    this.settings = settings
    this.#onHttps = cookieForm(settings.secureName, settings, settings.secure !== false, ID_LENGTH)
    this.#onHttp = settings.secure === 'auto' ? cookieForm(settings.plainName, settings, false, ID_LENGTH) : this.#onHttps
  }

  /** The form that the cookie has on such a request. */
  form(isHttps: boolean | undefined): CookieForm {
    return isHttps === false ? this.#onHttp : this.#onHttps
  }

  /**
   * Gives the ids in a request's `Cookie` header, in its order and without repetitions, at most 4. Whatever has not the form of an id is left out.
   * Several are to be tried in order: a cookie that a sub-domain planted must not hide the real one (RFC 6265bis, section 8.6).
   */
  read(request: CookieSource): SessionId[] {
    const { cookieHeader } = request
    return cookieHeader === undefined ? [] : idsIn(cookieHeader, this.form(request.isHttps).name)
  }

  /** Gives the Set-Cookie value that hands an id to the browser. `lifetimeSeconds`: for how long, if not as the settings say; 0 for until it is closed. */
  write(id: SessionId, isHttps: boolean | undefined, lifetimeSeconds?: number): string {
    const form = this.form(isHttps)
    return form.head + id + (lifetimeSeconds === undefined ? form.tail : form.tailFor(lifetimeSeconds))
  }

  /** Gives the Set-Cookie value that makes the browser forget the cookie. */
  clear(isHttps: boolean | undefined): string {
    return this.form(isHttps).cleared
  }
}

/**
 * Writes all of a cookie but its value.
 * @throws {SessionError} `ERR_SESSION_CONFIG` when the whole would be longer than the 4096 octets that browsers take.
 */
export function cookieForm(name: string, settings: CookieSettings, isSecure: boolean, valueLength: number): CookieForm {
  const path = `; Path=${settings.path}`
  let flags = ''
  if (isSecure) flags += '; Secure'
  if (settings.httpOnly) flags += '; HttpOnly'
  flags += `; SameSite=${settings.sameSite}`
  if (settings.domain !== undefined) flags += `; Domain=${settings.domain}`
  if (settings.priority !== undefined) flags += `; Priority=${settings.priority}`
  if (settings.partitioned) flags += '; Partitioned'
  const head = `${name}=`
  const tailFor = (seconds: number): string => path + (seconds === 0 ? '' : `; Max-Age=${seconds}`) + flags
  const tail = tailFor(settings.lifetimeSeconds)
  const length = head.length + valueLength + tail.length
  if (length > LONGEST_COOKIE) {
    throw SessionError.config('name', `is too long: the cookie would have ${length} octets, and browsers take ${LONGEST_COOKIE}.`)
  }
  return { name, isSecure, head, tail, tailFor, cleared: `${head}${path}; Max-Age=0${flags}` }
}

// Each character is looked at a bounded number of times: a header that is made to be slow is not. A header without the name costs one search.
function idsIn(header: string, name: string): SessionId[] {
  const ids: SessionId[] = []
  for (let at = header.indexOf(name); at !== -1; at = header.indexOf(name, at + name.length)) {
    let before = at - 1
    while (isBlank(header.charCodeAt(before))) before--
    if (before >= 0 && header.charCodeAt(before) !== SEMICOLON) continue
    const equals = afterBlanks(header, at + name.length)
    if (header.charCodeAt(equals) !== EQUALS) continue
    const start = afterBlanks(header, equals + 1)
    const end = afterBlanks(header, start + ID_LENGTH)
    if (end < header.length && header.charCodeAt(end) !== SEMICOLON) continue
    const id = asSessionId(header.slice(start, start + ID_LENGTH))
    if (id === undefined || ids.includes(id)) continue
    ids.push(id)
    if (ids.length === MOST_IDS) break
  }
  return ids
}

function afterBlanks(text: string, from: number): number {
  let at = from
  while (isBlank(text.charCodeAt(at))) at++
  return at
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB
}
