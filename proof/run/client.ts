import { cookiesOf } from '../../bench/harness/connection.ts'
import type { Host } from './host.ts'
import { type Asked, type Done, type Refused, pathOf } from './talk.ts'

/** Longer than any wait of the application has a bound. */
const PATIENCE_MS = 60_000

/** What came back over the wire. */
export type Reply =
  | { readonly kind: 'done'; readonly done: Done; readonly cookie: SetCookie }
  | { readonly kind: 'refused'; readonly refused: Refused }
  /** It was sent, and no answer came. */
  | { readonly kind: 'nothing' }
  /** There was nobody to send it to. */
  | { readonly kind: 'unsent' }

/** What the answer does to the cookie: gives a value, takes it away, or leaves it. */
export type SetCookie = { readonly given: string } | 'removed' | undefined

/** Sends one request to an application process, over a connection that is kept. */
export async function ask(host: Host, asked: Asked, id: string | undefined): Promise<Reply> {
  const connection = await host.connection().catch(() => undefined)
  if (connection === undefined) return { kind: 'unsent' }
  host.underWay += 1
  const timer = setTimeout(() => connection.close(), PATIENCE_MS)
  try {
    const answer = await connection.get(pathOf(asked), id === undefined ? '' : `${host.cookieName}=${id}`)
    host.giveBack(connection)
    const body: unknown = JSON.parse(answer.body)
    if (isDone(body)) return { kind: 'done', done: body, cookie: cookieIn(cookiesOf(answer)) }
    return { kind: 'refused', refused: refusedIn(body) }
  } catch {
    connection.close()
    return { kind: 'nothing' }
  } finally {
    clearTimeout(timer)
    host.underWay -= 1
  }
}

function isDone(body: unknown): body is Done {
  return typeof body === 'object' && body !== null && 'saw' in body && 'held' in body
}

function refusedIn(body: unknown): Refused {
  if (typeof body !== 'object' || body === null || !('code' in body) || !('isCertain' in body)) throw new TypeError('no answer of a proof')
  return { code: String(body.code), isCertain: body.isCertain === true }
}

/** The first one is the session's: the application sets no other. */
function cookieIn(cookies: string): SetCookie {
  if (cookies === '') return undefined
  const value = cookies.slice(cookies.indexOf('=') + 1)
  return value === '' ? 'removed' : { given: value }
}
