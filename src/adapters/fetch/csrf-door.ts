import { bodyFieldFromRequest } from '../../http/body-token.ts'
import { CSRF_REASONS, CSRF_VARY, csrfGuard, dependsOnOrigin } from '../../http/csrf-guard.ts'
import type { CsrfDecision, CsrfGuard, CsrfRequest } from '../../http/csrf-guard.ts'
import type { CsrfOptions } from '../../http/csrf-options.ts'
import { XsrfCookie } from '../../http/csrf-words.ts'
import type { OpenSession } from '../../manager/open-session.ts'
import { CsrfError, SessionError } from '../../session/errors.ts'
import { withHeader, withSetCookie } from './response.ts'

/** A request that the guard lets in. */
export interface LetIn {
  readonly open: OpenSession<object> | undefined
  readonly decision: CsrfDecision
  readonly isHttps: boolean
  /** Whether the session had a token when the request came. */
  readonly hadToken: boolean
}

/** Where the guard finds the request that it is asked about. */
export interface CsrfPlace {
  readonly request: Request
  readonly url: URL
  readonly found: OpenSession<object> | 'none' | undefined
  /** Gives the token's field of a body that was read already. */
  readonly readBody?: ((fieldName: string) => unknown) | undefined
}

/** A mounted `csrf()`: what all that speak fetch have in common. */
export class CsrfDoor {
  readonly #guard: CsrfGuard
  #xsrf: XsrfCookie | undefined

  /** @throws {SessionError} `ERR_SESSION_CONFIG`, naming the option. */
  constructor(options: CsrfOptions) {
    this.#guard = csrfGuard(options)
  }

  /** @throws {CsrfError} for a request that is refused. @throws {SessionError} `ERR_SESSION_CONFIG` where there is no session. */
  async letIn({ request, url, found, readBody }: CsrfPlace): Promise<LetIn> {
    const open = found === 'none' ? undefined : found
    const { status, fieldName } = this.#guard.settings
    const isHttps = url.protocol === 'https:'
    const asked: CsrfRequest = {
      method: request.method,
      path: url.pathname,
      host: url.host,
      isHttps,
      header: (name) => request.headers.get(name) ?? undefined,
      bodyToken: () => bodyFieldFromRequest(request, fieldName),
      ...(readBody && { bodyToken: () => readBody(fieldName) }),
      sessionToken: open?.session.currentToken,
    }
    const decision = (open && this.#guard.checkSocket(asked)) ?? (await this.#guard.check(asked))
    if (open === undefined && (found !== 'none' || dependsOnOrigin(decision))) {
      throw SessionError.config(
        'csrf',
        'there is no session in this request. Put csrf() inside session(), and except the same paths from both.',
      )
    }
    if (open !== undefined && !decision.pass) refuse(open, decision, status)
    return { open, decision, isHttps, hadToken: asked.sessionToken !== undefined }
  }

  /** Says on the response what its answer depends on, and hands scripts the token. */
  complete(response: Response, { open, decision, isHttps, hadToken }: LetIn): Response {
    const { cookieName } = this.#guard.settings
    const varied = dependsOnOrigin(decision) ? withHeader(response, 'vary', CSRF_VARY) : response
    if (cookieName === undefined || open === undefined || response.status >= 500) return varied
    this.#xsrf ??= new XsrfCookie(cookieName, open.cookie)
    const due = this.#xsrf.due(open.session, isHttps, hadToken)
    return due === undefined ? varied : withSetCookie(varied, due)
  }
}

function refuse(open: { refused: OpenSession['refused'] }, decision: CsrfDecision & { readonly pass: false }, status: number): void {
  const error = new CsrfError(CSRF_REASONS[decision.reason], status)
  open.refused('csrf', error)
  if (!decision.reportOnly) throw error
}
