import type { Session } from '../../session/session.ts'
import { linesOf, withSetCookie } from '../fetch/response.ts'
import type { CookieLines } from '../fetch/response.ts'
import { PROXY_COOKIES } from './asked.ts'

/** Whether the proxy's answer is to let the request go on, to a page or a route handler: `NextResponse.next()`, `NextResponse.rewrite()`. */
export function handsOn(response: Response): boolean {
  return response.headers.has('x-middleware-next') || response.headers.has('x-middleware-rewrite')
}

/** Leaves what was flashed to whoever the request goes on to. */
export function keepFlash(session: Pick<Session, 'isStarted' | 'mode' | 'flashes' | 'reflash'>): void {
  if (session.isStarted && session.mode !== 'readonly' && Object.keys(session.flashes.visible()).length > 0) session.reflash()
}

/** The response with the cookies that the session asks for. Where the request goes on, it goes on with them. */
export function withCookies(response: Response, lines: CookieLines): Response {
  const answer = withSetCookie(response, lines)
  const all = linesOf(lines)
  if (all.length === 0 || !handsOn(answer)) return answer
  const newer = answer.headers.get(PROXY_COOKIES)
  answer.headers.set(PROXY_COOKIES, [...(newer === null ? [] : [newer]), ...all].join(','))
  return answer
}
