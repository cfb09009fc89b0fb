import type { RequestEvent } from '@sveltejs/kit'
import { parseSetCookie } from 'cookie'
import { isObject } from '../../session/plain.ts'
import { linesOf, withSetCookie } from '../fetch/response.ts'
import type { CookieLines } from '../fetch/response.ts'

/** What `redirect()` and `error()` throw, told by their shape: an application is bundled with a SvelteKit of its own, whose classes are not ours to import. */
export type Thrown =
  | { readonly kind: 'redirect'; readonly status: number; readonly location: string }
  | { readonly kind: 'error'; readonly status: number; readonly message: string }

/** What a handle has thrown as an answer; `undefined` for what is none. */
export function thrownBy(error: unknown): Thrown | undefined {
  if (!isObject(error) || !('status' in error) || typeof error.status !== 'number') return undefined
  const { status } = error
  if ('location' in error && typeof error.location === 'string' && status >= 300 && status <= 308) {
    return { kind: 'redirect', status, location: error.location }
  }
  const body = 'body' in error ? error.body : undefined
  if (!isObject(body) || !('message' in body) || typeof body.message !== 'string' || status < 400) return undefined
  return { kind: 'error', status, message: body.message }
}

/**
 * Throws on what a handle has thrown, so that SvelteKit answers it, with the cookies beside. Where they cannot go beside, it gives the answer itself.
 */
export function throwWith(error: unknown, thrown: Thrown, lines: CookieLines, event: RequestEvent): Response {
  const all = linesOf(lines)
  if (all.length === 0) throw error
  if (thrown.kind === 'error') return withSetCookie(new Response(thrown.message, { status: thrown.status }), lines)
  const itself = (): Response => withSetCookie(new Response(null, { status: thrown.status, headers: { location: thrown.location } }), lines)
  if (isKept(thrown.status, event)) return itself()
  try {
    for (const line of all) setCookie(event, line)
  } catch {
    // SvelteKit has answered once already, and takes no cookies from there on.
    return itself()
  }
  throw error
}

/** Whether caches keep the redirect unless they are told not to, which SvelteKit does not do. @see RFC 9110, section 15.1. */
function isKept(status: number, { request: { method }, isDataRequest, isRemoteRequest }: RequestEvent): boolean {
  return [300, 301, 308].includes(status) && (method === 'GET' || method === 'HEAD') && !isDataRequest && !isRemoteRequest
}

function setCookie({ cookies }: RequestEvent, line: string): void {
  const { name, value = '', path = '/', httpOnly = false, secure = false, ...others } = parseSetCookie(line, { decode: String })
  cookies.set(name, value, { ...others, path, httpOnly, secure, encode: String })
}
