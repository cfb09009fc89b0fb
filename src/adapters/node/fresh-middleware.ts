import type { ServerResponse } from 'node:http'
import type { Http2ServerResponse } from 'node:http2'
import { freshCheck } from '../../http/fresh.ts'
import type { FreshOptions } from '../../http/fresh.ts'
import { SessionError } from '../../session/errors.ts'
import { firstSession } from './hold-state.ts'
import { passError } from './passage.ts'
import type { Next } from './passage.ts'
import { asNodeResponse } from './response.ts'
import type { NodeRequest } from './response.ts'

/** Middleware of Express and connect, and a step of a plain `node:http` handler. */
export type FreshMiddleware = (request: NodeRequest, response: ServerResponse | Http2ServerResponse, next: Next) => void

/**
 * Refuses requests whose user has not proved lately who they are: before a change of password or address. Mount it behind `session()`; `next` gets
 * `ERR_SESSION_NOT_FRESH` with status 403, for an error handler that leads to the login. `session.markAuthenticated()` makes a login fresh.
 *
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 * @see OWASP ASVS 7.5.1.
 */
export function requireFresh(options: FreshOptions = {}): FreshMiddleware {
  const check = freshCheck(options)
  return (_request, original, next) => {
    const response = asNodeResponse(original)
    const open = firstSession(response)?.open
    if (open === undefined) {
      passError(response, next, SessionError.config('requireFresh', 'there is no session in this request. Mount it behind session().'))
      return
    }
    const error = check(open.session)
    if (error === undefined) next()
    else {
      open.refused('not-fresh', error)
      passError(response, next, error)
    }
  }
}
