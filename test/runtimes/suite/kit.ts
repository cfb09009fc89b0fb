// What the cases are made of. Nothing here, nor in the cases, needs a test runner: Bun, Deno and workerd run them as they are.
import { CookieJar } from '../../../src/testing/cookie-jar.ts'

/** One thing that must hold on every runtime. It throws when it does not. */
export interface RuntimeCase {
  readonly name: string
  readonly body: () => Promise<void>
}

/** How a case went. */
export interface Outcome {
  readonly name: string
  /** What went wrong; `undefined` when nothing did. */
  readonly error: string | undefined
}

/** Runs one case after the other, and says how each went. */
export async function runCases(cases: readonly RuntimeCase[], say: (outcome: Outcome) => void): Promise<void> {
  for (const { name, body } of cases) {
    let error: string | undefined
    try {
      await body()
    } catch (thrown) {
      error = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)
    }
    say({ name, error })
  }
}

/** Lets whatever else is ready run. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 0)
  })
}

export type Send = (path: string, init?: RequestInit) => Promise<Response>

/** A browser: it keeps the cookies that an application gives it, and sends them back. */
export function browser(handle: (request: Request) => Response | Promise<Response>, origin = 'https://shop.example'): Send {
  const jar = new CookieJar()
  return async (path, init = {}) => {
    const headers = new Headers(init.headers)
    const cookies = jar.header(path)
    if (cookies !== undefined && !headers.has('cookie')) headers.set('cookie', cookies)
    const response = await handle(new Request(new URL(path, origin), { ...init, headers }))
    jar.take(response)
    return response
  }
}

/** A form as a browser sends it from a page of the same site. */
export function form(fields: Readonly<Record<string, string>>): RequestInit {
  return { method: 'POST', headers: { 'sec-fetch-site': 'same-origin' }, body: new URLSearchParams(fields) }
}
