import { parseSetCookie } from 'cookie'

interface KeptCookie {
  readonly value: string
  readonly path: string
  /** Unix milliseconds; `undefined` while the browser is open. */
  readonly endsAt: number | undefined
}

/** Keeps the cookies of one origin, as a browser would: by name, with their path and end. */
export class CookieJar {
  readonly #cookies = new Map<string, KeptCookie>()

  /** Takes in what a response sets. */
  take(response: Response): void {
    for (const line of response.headers.getSetCookie()) {
      const { name, value = '', path = '/', maxAge, expires } = parseSetCookie(line)
      const endsAt = maxAge === undefined ? expires?.getTime() : Date.now() + maxAge * 1000
      if (endsAt !== undefined && endsAt <= Date.now()) this.#cookies.delete(name)
      else this.#cookies.set(name, { value, path, endsAt })
    }
  }

  /** The `Cookie` header for a path; `undefined` when there is none to send. */
  header(path: string): string | undefined {
    const pairs: string[] = []
    for (const [name, cookie] of this.#cookies) {
      const isOver = cookie.endsAt !== undefined && cookie.endsAt <= Date.now()
      if (!isOver && isBelow(path, cookie.path)) pairs.push(`${name}=${cookie.value}`)
    }
    return pairs.length === 0 ? undefined : pairs.join('; ')
  }

  get(name: string): string | undefined {
    return this.#cookies.get(name)?.value
  }

  set(name: string, value: string): void {
    this.#cookies.set(name, { value, path: '/', endsAt: undefined })
  }

  clear(): void {
    this.#cookies.clear()
  }
}

function isBelow(path: string, cookiePath: string): boolean {
  if (!path.startsWith(cookiePath)) return false
  return cookiePath.endsWith('/') || path.length === cookiePath.length || path[cookiePath.length] === '/'
}
