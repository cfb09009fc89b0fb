import type { FastifyReply } from 'fastify'
import { errorResponseWords } from '../../http/failure.ts'
import { isSessionError } from '../../session/errors.ts'
import { answerError } from '../node/head.ts'
import { asNodeResponse } from '../node/response.ts'

type Headers = ReturnType<FastifyReply['getHeaders']>

/** The headers of a reply as they are now: Fastify keeps those that are not sent yet beside the response of Node. */
export function headersOf(reply: FastifyReply): Headers {
  const headers = reply.getHeaders()
  const cookies = headers['set-cookie']
  // It grows in place.
  if (Array.isArray(cookies)) headers['set-cookie'] = [...cookies]
  return headers
}

/** Hands the error of a response that could not be stored to the error handler of its route, on the reply as it was. Where the reply was taken from Fastify, the answer is a bare 503. */
export function answerFailure(reply: FastifyReply, error: unknown, before: Headers): void {
  // The response was made free for another answer: one that counts as sent is not Fastify's any more.
  if (reply.sent) {
    answerError(asNodeResponse(reply.raw), ownOf(error))
    return
  }
  const headers = { ...before, ...reply.raw.getHeaders() }
  for (const name of Object.keys(reply.getHeaders())) reply.removeHeader(name)
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) reply.header(name, value)
  // A reply that was an error before has used its error handler up: Fastify then gives the status as it is.
  reply.code(errorResponseWords(ownOf(error)).status)
  reply.send(error instanceof Error ? error : new Error('The session could not be stored.', { cause: error }))
}

/** Nest's exceptions have the error of the session as their cause. */
function ownOf(error: unknown): unknown {
  return !isSessionError(error) && error instanceof Error ? (error.cause ?? error) : error
}
