import { forbidsStoring } from '../../http/caching.ts'
import { CSRF_VARY } from '../../http/csrf-guard.ts'
import { errorResponseWords } from '../../http/failure.ts'
import { OWN_PAGES_VARY } from '../../http/own-pages.ts'
import { tellUnheard } from '../../http/unheard.ts'
import type { Committed } from '../../manager/open-session.ts'
import { isSessionError } from '../../session/errors.ts'
import type { SessionErrorCode } from '../../session/errors.ts'
import { isObject } from '../../session/plain.ts'

const FIRST_FINAL_STATUS = 200
const VARY: Partial<Record<SessionErrorCode, string>> = {
  ERR_SESSION_CSRF: CSRF_VARY,
  ERR_SESSION_SECURITY_VALIDATION_FAILED: OWN_PAGES_VARY,
}

/** The answer to a failure that nobody else answers, which is told of. */
export function plainAnswer(error: unknown): Response {
  tellUnheard(error)
  const { status, headers, body } = errorResponseWords(error)
  return new Response(body, { status, headers })
}

/** Whether something is a response: not by its class, since runtimes and libraries bring their own. */
export function isResponse(given: unknown): given is Response {
  return isObject(given) && 'status' in given && 'headers' in given
}

/** `Set-Cookie` values that a response must carry. */
export type CookieLines = string | readonly string[] | undefined

/** The response with more cookies, if there are any, which no cache keeps. */
export function withSetCookie(response: Response, lines: CookieLines): Response {
  const all = linesOf(lines)
  if (all.length === 0) return response
  let answer = response
  for (const line of all) answer = withHeader(answer, 'set-cookie', line)
  if (!forbidsStoring(answer.headers.get('cache-control') ?? '')) answer.headers.set('cache-control', 'no-store')
  return answer
}

/** What the end of a session asks of the response. Nearly always that is one cookie, or none. */
export function cookieLines({ setCookie, otherCookies }: Committed): CookieLines {
  return otherCookies === undefined ? setCookie : [...linesOf(setCookie), ...otherCookies]
}

export function linesOf(lines: CookieLines): readonly string[] {
  if (lines === undefined) return []
  return typeof lines === 'string' ? [lines] : lines
}

/**
 * The response with one more header: a copy where its headers cannot be changed, as those of a fetched one and of `Response.redirect`. One without a body can be sent any
 * number of times: an application may give the same one to everybody, and one visitor's cookie must not stay on it.
 */
export function withHeader(response: Response, name: string, value: string): Response {
  let answer = response.body === null && response.status >= FIRST_FINAL_STATUS ? new Response(null, response) : response
  try {
    answer.headers.append(name, value)
  } catch {
    answer = new Response(response.body, response)
    answer.headers.append(name, value)
  }
  return answer
}

/** The answer to an error. A refusal depends on what the guard looked at, as a pass does. */
export function withVaryOf(error: unknown, answer: Response): Response {
  const vary = isSessionError(error) ? VARY[error.code] : undefined
  return vary === undefined ? answer : withHeader(answer, 'vary', vary)
}

/** Ends a response that is not true, since nothing was stored, if there is one. Its body must not run on behind the answer that says so. */
export function thrownAway(response: Response | undefined): void {
  if (response?.body?.locked === false) void response.body.cancel().catch(() => undefined)
}
