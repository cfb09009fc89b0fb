import { parseSetCookie } from 'cookie'
import { linesOf } from '../fetch/response.ts'
import type { CookieLines } from '../fetch/response.ts'

/** What keeps the cookies of an answer that Next makes itself. */
export interface AnswerCookies {
  set(name: string, value: string, attributes: Omit<ReturnType<typeof parseSetCookie>, 'name' | 'value'>): unknown
}

/** Gives `Set-Cookie` values to an answer that cannot be handed any. */
export function giveCookies(cookies: AnswerCookies, lines: CookieLines): void {
  for (const line of linesOf(lines)) {
    const { name, value = '', ...attributes } = parseSetCookie(line)
    cookies.set(name, value, attributes)
  }
}
