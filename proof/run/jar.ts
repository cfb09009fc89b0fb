import type { SetCookie } from './client.ts'

/** The cookie of one browser, which all of its requests share. */
export class Jar {
  #id: string | undefined
  #logins = 0
  /** Every id that it had, the oldest first. */
  readonly earlier: string[] = []

  get id(): string | undefined {
    return this.#id
  }

  /** What an answer is measured by that comes later. */
  get logins(): number {
    return this.#logins
  }

  /**
   * Takes over what an answer says of the cookie. Where a login was answered since the request was sent, it says nothing any more: a browser would go back to the id of before,
   * which opens nothing then, and no server can help that.
   */
  take(cookie: SetCookie, loginsWhenSent: number, isLogin: boolean): void {
    if (loginsWhenSent !== this.#logins) return
    if (isLogin) this.#logins += 1
    if (cookie === undefined) return
    const id = cookie === 'removed' ? undefined : cookie.given
    if (id === this.#id) return
    if (this.#id !== undefined) this.earlier.push(this.#id)
    this.#id = id
  }
}
