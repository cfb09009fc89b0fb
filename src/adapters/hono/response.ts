import type { Context } from 'hono'
import { isSessionError } from '../../session/errors.ts'
import { linesOf, plainAnswer, thrownAway, withSetCookie } from '../fetch/response.ts'
import type { CookieLines } from '../fetch/response.ts'

/** Puts a response in the place of the one that there is: an assignment to `c.res` alone would mix both. */
export function giveResponse(c: Context, response: Response): void {
  if (response === c.res) return
  c.res = undefined
  c.res = response
}

/** Makes the context as it was before anything was said about the response, so that an error handler answers on a clean one. */
export function throwAway(c: Context): void {
  if (c.finalized) thrownAway(c.res)
  c.res = undefined
  // What `c.header` has noted shows on the empty response that is made when one is asked for.
  const noted = [...c.res.headers.keys()]
  c.res = undefined
  c.finalized = false
  for (const name of noted) c.header(name, undefined)
  c.status(200)
}

/** The cookies for an answer that an error handler gives. One that it does not make with the context takes on only what a response has that is there before. */
export function giveErrorCookie(c: Context, lines: CookieLines): void {
  if (linesOf(lines).length > 0) c.res = withSetCookie(new Response(null), lines)
}

/** The error with the answer that Hono gives when the application has no `onError`: that of its status, which tells nothing. */
export function withAnswer(error: unknown): unknown {
  if (isSessionError(error) && !('getResponse' in error)) Object.defineProperty(error, 'getResponse', { value: () => plainAnswer(error) })
  return error
}
