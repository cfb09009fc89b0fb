import { HTTPError, toResponse } from 'h3'
import type { H3Config, H3Event } from 'h3'
import { forbidsStoring } from '../../http/caching.ts'
import { errorResponseWords } from '../../http/failure.ts'
import { tellUnheard } from '../../http/unheard.ts'
import { isSessionError } from '../../session/errors.ts'
import { withSetCookie, withVaryOf } from '../fetch/response.ts'

// What h3 takes for a path that nobody serves.
const NOT_FOUND = Symbol.for('h3.notFound')

/** What a handler gave, as the response that h3 would make of it. What a symbol stands for (nobody serves the path, a server's own answer) is not ours to make. */
export function responseOf(given: unknown, event: H3Event): Response | symbol | Promise<Response> {
  if (typeof given === 'symbol') return given
  return toResponse(given, event, configOf(event))
}

// The application's `onResponse` is told later, of the answer that goes out.
function configOf({ app }: H3Event): H3Config {
  const { onResponse: _later, ...config } = app?.config ?? {}
  return config
}

/**
 * The answer to an error, with the cookies, or `undefined` where h3 makes it: then they are left for that. To what an `onError` of the application gives, as
 * Nitro has one, h3 adds none, so that it is asked here.
 */
export async function answerWith(event: H3Event, error: unknown, lines: readonly string[]): Promise<Response | undefined> {
  if (lines.length === 0) return undefined
  const config = configOf(event)
  if (config.onError !== undefined && (typeof error !== 'symbol' || error === NOT_FOUND)) {
    return withSetCookie(await toResponse(Promise.reject(error), event, config), lines)
  }
  leaveCookies(event, lines)
  return undefined
}

// What answers may be h3, and what is mounted around: for that an answer of less than 400 has other headers.
function leaveCookies({ res: { headers, errHeaders } }: H3Event, lines: readonly string[]): void {
  for (const given of [headers, errHeaders]) {
    for (const line of lines) if (!given.getSetCookie().includes(line)) given.append('set-cookie', line)
    if (!forbidsStoring(given.get('cache-control') ?? '')) given.set('cache-control', 'no-store')
  }
}

/** The status with which h3 answers what was thrown. */
export function statusOf(error: unknown): number {
  if (HTTPError.isError(error)) return error.status
  return error instanceof Error ? new HTTPError(error).status : 500
}

/** The error as h3 knows errors: answered with its status, in words that tell nothing; its `cause` is the error itself. */
export function asHttpError(error: unknown, event: H3Event): unknown {
  if (!isSessionError(error)) return error
  const { onError, silent } = configOf(event)
  // h3 tells of no error that has a status.
  if (onError === undefined && silent !== true) tellUnheard(error)
  const { status, headers, body } = errorResponseWords(error)
  const { 'content-type': _text, ...others } = headers
  const answer = new HTTPError({ status, message: body, headers: withVaryOf(error, new Response(null, { headers: others })).headers })
  // h3 takes all that it is given here for the cause.
  Reflect.set(answer, 'cause', error)
  return answer
}
