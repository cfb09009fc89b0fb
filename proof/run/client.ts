import { type Answer, type Connection, cookiesOf } from '../../bench/harness/connection.ts'
import type { Host } from './host.ts'
import { type Asked, type Done, type Refused, pathOf } from './talk.ts'

/** Longer than the bound of any wait of the application. */
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

/**
 * Sends one request to an application process, over a connection that is kept.
 *
 * @throws {Error} When it waits longer than any wait of the application has a bound, and when an answer is none of the application's.
 */
export async function ask(
  host: Pick<Host, 'connection' | 'giveBack' | 'underWay' | 'cookieName'>,
  asked: Asked,
  id: string | undefined,
): Promise<Reply> {
  const connection = await host.connection().catch(() => undefined)
  if (connection === undefined) return { kind: 'unsent' }
  host.underWay += 1
  try {
    const answer = await answerOver(connection, pathOf(asked), id === undefined ? '' : `${host.cookieName}=${id}`)
    if (answer === undefined) return { kind: 'nothing' }
    host.giveBack(connection)
    return replyIn(answer)
  } finally {
    host.underWay -= 1
  }
}

/** `undefined`: the connection was broken before all of an answer had come. */
async function answerOver(connection: Connection, path: string, cookie: string): Promise<Answer | undefined> {
  let isTooLate = false
  const timer = setTimeout(() => {
    isTooLate = true
    connection.close()
  }, PATIENCE_MS)
  try {
    return await connection.get(path, cookie)
  } catch (cause) {
    connection.close()
    if (isTooLate) throw new Error(`${path} was not answered within ${PATIENCE_MS} ms`, { cause })
    return undefined
  } finally {
    clearTimeout(timer)
  }
}

function replyIn(answer: Answer): Reply {
  const body: unknown = JSON.parse(answer.body)
  if (isDone(body)) return { kind: 'done', done: body, cookie: cookieIn(cookiesOf(answer)) }
  return { kind: 'refused', refused: refusedIn(body) }
}

function isDone(body: unknown): body is Done {
  return typeof body === 'object' && body !== null && 'saw' in body && 'held' in body
}

function refusedIn(body: unknown): Refused {
  if (typeof body !== 'object' || body === null || !('code' in body) || !('isCertain' in body))
    throw new TypeError(`no answer of a proof: ${JSON.stringify(body)}`)
  return { code: String(body.code), isCertain: body.isCertain === true }
}

/** The first one is the session's: the application sets no other. */
function cookieIn(cookies: string): SetCookie {
  if (cookies === '') return undefined
  const value = cookies.slice(cookies.indexOf('=') + 1)
  return value === '' ? 'removed' : { given: value }
}
