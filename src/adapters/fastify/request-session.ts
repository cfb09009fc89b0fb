import type { FastifyInstance, FastifyReply } from 'fastify'
import { SessionError } from '../../session/errors.ts'
import { isObject } from '../../session/plain.ts'
import type { Next } from '../node/passage.ts'
import { propertiesOf } from '../node/response.ts'
import { answerFailure, headersOf } from './failure.ts'

/** Opens a session with the middleware of Node, once the hook calls it: goes on through `next`, or, once the hooks have run, has the error handler answer on the reply as it is now. */
export function openWith(reply: FastifyReply, run: (next: Next) => void, next: Next): void {
  const headers = headersOf(reply)
  let isUnderway = false
  run((error?: unknown) => {
    const hasRun = isUnderway
    isUnderway = true
    // The hooks have run: this is a response that could not be stored.
    if (hasRun) answerFailure(reply, error, headers)
    else next(error)
  })
}

/** What an answer is read from that Fastify does not pipe; there is none in a `Response` without a body. */
export function isWebStream(payload: unknown): boolean {
  if (!isObject(payload)) return false
  const stream: unknown = 'body' in payload && Object.prototype.toString.call(payload) === '[object Response]' ? payload.body : payload
  return isObject(stream) && 'getReader' in stream
}

/** Ends a hook of Fastify, which takes nothing but an `Error`. */
export function pass(error: unknown, done: (error?: Error) => void): void {
  if (error === undefined) done()
  else done(error instanceof Error ? error : new Error('The session could not be opened.', { cause: error }))
}

/**
 * Lets requests show the session that the request of Node has under a name. A getter costs a request nothing.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for a name that a request has already.
 */
export function showSession(app: FastifyInstance, name: string): void {
  const isOurs = Symbol.for(`holdfast.request.${name}`)
  if (app.hasRequestDecorator(isOurs)) return
  if (app.hasRequestDecorator(name)) {
    throw SessionError.config(
      'session.as',
      `must be a name that a request of Fastify does not have yet, such as 'adminSession', not '${name}'.`,
    )
  }
  app.decorateRequest(isOurs, true)
  app.decorateRequest(name, {
    getter(this: { readonly raw: object }): unknown {
      return propertiesOf(this.raw)[name]
    },
  })
}
