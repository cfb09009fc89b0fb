import type { ServerResponse } from 'node:http'
import type { Http2ServerResponse } from 'node:http2'
import { bodyFieldFromParsed } from '../../http/body-token.ts'
import { CSRF_REASONS, CSRF_VARY, csrfGuard, dependsOnOrigin } from '../../http/csrf-guard.ts'
import type { CsrfReason, CsrfRequest } from '../../http/csrf-guard.ts'
import type { CsrfOptions, CsrfSettings } from '../../http/csrf-options.ts'
import { XsrfCookie } from '../../http/csrf-words.ts'
import { CsrfError, SessionError } from '../../session/errors.ts'
import { firstSession, isHeld, isSkipped, kHold } from './hold-state.ts'
import type { OpenedSession } from './hold-state.ts'
import { addLocals } from './locals.ts'
import { hostOf, isHttps, urlOf } from './open-request.ts'
import { asNodeResponse } from './response.ts'
import type { NodeRequest, NodeResponse } from './response.ts'
import { passError } from './passage.ts'
import type { Next } from './passage.ts'

const FORM = /^(?:application\/x-www-form-urlencoded|multipart\/form-data)\b/i

/** A request whose body was parsed, by `express.urlencoded()` and the like. */
export type ParsedRequest = NodeRequest & { readonly body?: unknown }

/** Middleware of Express and connect, and a step of a plain `node:http` handler. */
export type CsrfMiddleware = (request: ParsedRequest, response: ServerResponse | Http2ServerResponse, next: Next) => void

/**
 * Refuses requests that change state and do not prove that they come from the application's own pages. Mount it behind `session()`
 * and behind what parses forms. A refusal is a `CsrfError` with status 403, given to `next`. So is that of a WebSocket that another site's page wants to open.
 *
 * The token is that of the session that was opened first, where there are several (`as`).
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 * @see OWASP Cross-Site Request Forgery Prevention Cheat Sheet.
 */
export function csrf(options: CsrfOptions = {}): CsrfMiddleware {
  const step = csrfStep(options)
  return (request, response, next) => step(request, response, request.body, next)
}

/** `csrf()` for frameworks that keep the parsed body elsewhere. */
export function csrfStep(
  options: CsrfOptions,
): (request: NodeRequest, response: ServerResponse | Http2ServerResponse, body: unknown, next: Next) => void {
  const guard = csrfGuard(options)
  let xsrf: XsrfCookie | undefined
  return (request, original, body, next) => {
    const response = asNodeResponse(original)
    const open = firstSession(response)?.open
    const asked = asCsrfRequest(request, body, guard.settings, open?.session.currentToken)
    const decision = (open && guard.checkSocket(asked)) ?? guard.check(asked)
    // Only a promised body makes it wait, and this one is parsed already.
    if (decision instanceof Promise) throw new TypeError('the guard gave a promise')
    if (open === undefined) {
      if (isSkipped(response) && !dependsOnOrigin(decision)) next()
      else passError(response, next, noSessionError(response))
      return
    }
    if (dependsOnOrigin(decision)) response.appendHeader('Vary', CSRF_VARY)
    if (!decision.pass) {
      const error = new CsrfError(reasonFor(decision.reason, request, body), guard.settings.status)
      open.refused('csrf', error)
      if (!decision.reportOnly) {
        passError(response, next, error)
        return
      }
    }
    const { cookieName, fieldName } = guard.settings
    if (cookieName !== undefined) giveXsrfCookie(response, open, (xsrf ??= new XsrfCookie(cookieName, open.cookie)))
    if (fieldName !== '_csrf') addLocals(response, open.session, fieldName)
    next()
  }
}

function asCsrfRequest(request: NodeRequest, body: unknown, { fieldName }: CsrfSettings, sessionToken: string | undefined): CsrfRequest {
  return {
    method: request.method ?? '',
    path: urlOf(request),
    host: hostOf(request),
    isHttps: isHttps(request),
    header: (name) => request.headers[name],
    bodyToken: () => bodyFieldFromParsed(body, fieldName),
    sessionToken,
  }
}

function noSessionError(response: NodeResponse): SessionError {
  return SessionError.config(
    'csrf',
    isSkipped(response)
      ? 'session() is disabled here or excepts this path, and csrf() checks it. Except it from both, or from none.'
      : 'there is no session in this request. Mount csrf() behind session().',
  )
}

function reasonFor(reason: CsrfReason, request: NodeRequest, body: unknown): string {
  const isUnread = reason === 'token-missing' && body === undefined && FORM.test(request.headers['content-type'] ?? '')
  return isUnread
    ? `${CSRF_REASONS[reason]} Or its form was not parsed: mount what does that, such as express.urlencoded(), before csrf().`
    : CSRF_REASONS[reason]
}

// Scripts get the token that is stored: a login changes it.
function giveXsrfCookie(response: NodeResponse, open: OpenedSession, cookie: XsrfCookie): void {
  if (!isHeld(response)) return
  const hadToken = open.session.currentToken !== undefined
  response[kHold].lastCookie = () => cookie.due(open.session, isHttps(response[kHold].innermost), hadToken)
}
