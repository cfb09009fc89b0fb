import type { CookiePolicy } from '../http/cookie.ts'
import type { SessionId } from '../session/id.ts'
import type { Committed, OpenRequest } from './open-session.ts'

/** For a response that owes nothing. */
export const NO_COOKIE: Committed = { setCookie: undefined }

/** What the response of one request owes the browser: the session's cookie, its removal, or nothing. */
export class CookieDebt {
  readonly #cookie: CookiePolicy
  readonly #request: OpenRequest
  #due: 'cookie' | 'clearing' | undefined
  #seconds: number | undefined
  /** Whether the browser has a cookie of this session to be cleared, and not a newer one by now. */
  hasCookie = false

  constructor(cookie: CookiePolicy, request: OpenRequest) {
    this.#cookie = cookie
    this.#request = request
  }

  /** @param seconds How long the browser is to keep it, where the stored session says so itself. */
  send(seconds: number | undefined): void {
    this.#due = 'cookie'
    this.#seconds = seconds
  }

  clear(): void {
    if (this.hasCookie) this.#due = 'clearing'
  }

  /** @param id Of the stored session; `undefined` when there is none, and so no cookie to be sent. */
  answer(id: SessionId | undefined): Committed {
    if (this.#due === 'clearing') return { setCookie: this.#cookie.clear(this.#request.isHttps) }
    if (this.#due === undefined || id === undefined) return NO_COOKIE
    return { setCookie: this.#cookie.write(id, this.#request.isHttps, this.#seconds) }
  }
}
