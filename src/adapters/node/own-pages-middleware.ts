import type { ServerResponse } from 'node:http'
import type { Http2ServerResponse } from 'node:http2'
import { OWN_PAGES_VARY, ownPagesCheck } from '../../http/own-pages.ts'
import type { OwnPagesOptions } from '../../http/own-pages.ts'
import { SessionError } from '../../session/errors.ts'
import { firstSession } from './hold-state.ts'
import { passError } from './passage.ts'
import type { Next } from './passage.ts'
import { asNodeResponse } from './response.ts'
import type { NodeRequest } from './response.ts'

/** Middleware of Express and connect, and a step of a plain `node:http` handler. */
export type OwnPagesMiddleware = (request: NodeRequest, response: ServerResponse | Http2ServerResponse, next: Next) => void

/**
 * Refuses to be loaded by pages of other sites, but for a visitor who follows a link: what a logged-in user sees is no image, script or frame of
 * theirs. Mount it behind `session()`; `next` gets `ERR_SESSION_SECURITY_VALIDATION_FAILED` with status 403.
 *
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 * @see OWASP ASVS 3.5.8; W3C Fetch Metadata.
 */
export function ownPages(options: OwnPagesOptions = {}): OwnPagesMiddleware {
  const check = ownPagesCheck(options)
  return (request, original, next) => {
    const response = asNodeResponse(original)
    const open = firstSession(response)?.open
    if (open === undefined) {
      passError(response, next, SessionError.config('ownPages', 'there is no session in this request. Mount it behind session().'))
      return
    }
    response.appendHeader('Vary', OWN_PAGES_VARY)
    const error = check({ method: request.method ?? '', header: (name) => request.headers[name] })
    if (error === undefined) next()
    else {
      open.refused('cross-site', error)
      passError(response, next, error)
    }
  }
}
