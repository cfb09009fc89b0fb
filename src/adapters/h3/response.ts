import { HTTPError, toResponse } from 'h3'
import type { H3Event } from 'h3'
import { errorResponseWords } from '../../http/failure.ts'
import { isSessionError } from '../../session/errors.ts'
import { withVaryOf } from '../fetch/response.ts'

/** What a handler gave, as the response that h3 would make of it. What a symbol stands for (nobody serves the path, a server's own answer) is not ours to make. */
export function responseOf(given: unknown, event: H3Event): Response | symbol | Promise<Response> {
  if (typeof given === 'symbol') return given
  const { onResponse: _later, ...config } = event.app?.config ?? {}
  return toResponse(given, event, config)
}

/** The status with which h3 answers what was thrown. */
export function statusOf(error: unknown): number {
  if (HTTPError.isError(error)) return error.status
  return error instanceof Error ? new HTTPError(error).status : 500
}

/** The error as h3 knows errors: answered with its status, in words that tell nothing; its `cause` is the error itself. */
export function asHttpError(error: unknown): unknown {
  if (!isSessionError(error)) return error
  const { status, headers, body } = errorResponseWords(error)
  const { 'content-type': _text, ...others } = headers
  const answer = new HTTPError({ status, message: body, headers: withVaryOf(error, new Response(null, { headers: others })).headers })
  // h3 takes all that it is given here for the cause.
  Reflect.set(answer, 'cause', error)
  return answer
}
