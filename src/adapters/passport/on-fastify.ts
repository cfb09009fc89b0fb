import type { NodeRequest } from '../node/response.ts'
import { runConnect } from './connect.ts'
import type { ConnectAnswer, ConnectMiddleware } from './connect.ts'

/** What is used of a request of Fastify. */
export interface FastifyRequestParts {
  readonly raw: NodeRequest
  readonly body: unknown
  readonly query: unknown
}

/** What is used of a reply of Fastify. */
export interface FastifyReplyParts {
  readonly raw: object
  readonly statusCode: number
  code(status: number): unknown
  header(name: string, value: unknown): unknown
  redirect(url: string): unknown
  send(body: unknown): unknown
}

/** A hook for `addHook` or the options of a route, in `preValidation` or `preHandler`. */
export type PassportHook = (request: FastifyRequestParts, reply: FastifyReplyParts) => Promise<unknown>

/**
 * Makes a hook of Fastify of middleware of Passport's: `app.addHook('preValidation', onFastify(passportSession()))`,
 * `app.addHook('preValidation', onFastify(passport.session()))`, `app.post('/login', { preHandler: onFastify(passport.authenticate('local', ...)) }, handler)`.
 *
 * The user, `login` and `logout` are properties of `request.raw`; where the application has decorated its requests with `user`, that is the user too.
 */
export function onFastify(middleware: ConnectMiddleware): PassportHook {
  return async (request, reply) => {
    const { raw, body, query } = request
    const parsed = { request: raw, response: reply.raw, body, query }
    const goesOn = await runConnect(middleware, parsed, (ended) => answerOf(reply, ended))
    if ('user' in request) Reflect.set(request, 'user', Reflect.get(raw, 'user'))
    return goesOn ? undefined : reply
  }
}

function answerOf(reply: FastifyReplyParts, ended: () => void): ConnectAnswer {
  return {
    get statusCode() {
      return reply.statusCode
    },
    set statusCode(status) {
      reply.code(status)
    },
    setHeader: (name, value) => reply.header(name, value),
    redirect: (url) => {
      void reply.redirect(url)
      ended()
    },
    end: (body = '') => {
      void reply.send(body)
      ended()
    },
  }
}
