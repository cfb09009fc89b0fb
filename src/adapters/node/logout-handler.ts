import type { ServerResponse } from 'node:http'
import type { Http2ServerResponse } from 'node:http2'
import { logoutWords } from '../../http/logout.ts'
import type { LogoutOptions } from '../../http/logout.ts'
import { SessionError } from '../../session/errors.ts'
import { firstSession } from './hold-state.ts'
import { passError } from './passage.ts'
import type { Next } from './passage.ts'
import { asNodeResponse } from './response.ts'
import type { NodeRequest } from './response.ts'

/** The handler of a route, of Express, connect and plain `node:http`. */
export type LogoutHandler = (request: NodeRequest, response: ServerResponse | Http2ServerResponse, next: Next) => void

/**
 * Ends the session, and answers: `app.post('/logout', logout({ redirect: '/' }))`, behind `session()` and `csrf()`. Only a POST logs out.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 * @see OWASP ASVS 7.4.4, 14.3.1.
 */
export function logout(options: LogoutOptions = {}): LogoutHandler {
  const wordsFor = logoutWords(options)
  return (request, original, next) => {
    const response = asNodeResponse(original)
    const open = firstSession(response)?.open
    if (open === undefined) {
      passError(response, next, SessionError.config('logout', 'there is no session in this request. Mount it behind session().'))
      return
    }
    const { status, headers } = wordsFor(request.method)
    const answer = (): void => {
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
      response.statusCode = status
      response.end()
    }
    if (status === 405) answer()
    else
      open.session.destroy().then(
        // Somebody else may have answered meanwhile, such as a time-out.
        () => {
          if (!response.headersSent) answer()
        },
        (error: unknown) => {
          if (!response.headersSent) passError(response, next, error)
        },
      )
  }
}
