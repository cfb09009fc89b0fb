import type { ExecutionContext } from '@nestjs/common'
import { SessionError } from '../../session/errors.ts'
import { isObject } from '../../session/plain.ts'
import { firstSession, isHeld, isSkipped, kHold } from '../node/hold-state.ts'
import type { HelpfulSession, OpenedSession, Participant } from '../node/hold-state.ts'
import { asNodeResponse } from '../node/response.ts'
import type { NodeRequest, NodeResponse } from '../node/response.ts'
import type { SessionMiddleware } from '../node/session-middleware.ts'

/** What the responses of Express and the replies of Fastify have in common. */
export interface Reply {
  status(code: number): unknown
  header(name: string, value: string): unknown
}

/** What Nest's platform hands to the handler of a request, and what of Node is behind it: in Express that is the same. */
export interface HttpExchange {
  readonly request: NodeRequest
  readonly response: Parameters<SessionMiddleware>[1]
  readonly reply: Reply
  /** As the platform has parsed it. */
  readonly body: unknown
}

/**
 * Gives what a request is handled with.
 * @throws {SessionError} `ERR_SESSION_CONFIG`, naming the layer, where there is no request: in a gateway, a resolver, a microservice.
 */
export function exchangeOf(context: ExecutionContext, layer: string): HttpExchange {
  const type: string = context.getType()
  if (type !== 'http') throw elsewhere(layer, type)
  const http = context.switchToHttp()
  const given: unknown = http.getRequest()
  const reply: unknown = http.getResponse()
  const [request, response] = [behind(given), behind(reply)]
  if (!isRequest(request) || !isResponse(response) || !isReply(reply))
    throw SessionError.config(layer, 'this is no request of Express or Fastify.')
  return { request, response, reply, body: isObject(given) && 'body' in given ? given.body : undefined }
}

/**
 * Gives the session that was opened first.
 * @throws {SessionError} `ERR_SESSION_CONFIG`, naming the layer, where there is none.
 */
export function openedIn(exchange: HttpExchange, layer: string): OpenedSession {
  const response = asNodeResponse(exchange.response)
  const open = firstSession(response)?.open
  if (open === undefined) throw noSession(response, layer)
  return open
}

/**
 * Gives the session of a name, or nothing where the request was let pass without one.
 * @throws {SessionError} `ERR_SESSION_CONFIG` where no session of that name is mounted.
 */
export function sessionIn(exchange: HttpExchange, name: string): HelpfulSession | undefined {
  const response = asNodeResponse(exchange.response)
  let one: Participant | undefined = isHeld(response) ? response[kHold].innermost : undefined
  while (one !== undefined && one.door.property !== name) one = one.outer
  if (one === undefined && !isSkipped(response)) throw noSession(response, 'Session', name)
  return one?.open.session
}

/** Whether the request was let pass without a session, as the module was told to. */
export function passesWithout({ response }: HttpExchange): boolean {
  return firstSession(asNodeResponse(response)) === undefined && isSkipped(response)
}

function noSession(response: NodeResponse, layer: string, name = 'session'): SessionError {
  if (isSkipped(response)) return SessionError.config(layer, 'sessions are disabled here, or this path is excepted from them.')
  const as = name === 'session' ? '' : `, as: '${name}'`
  const cure = `Import SessionModule.forRoot({ manager${as} }) into the root module.`
  return SessionError.config(layer, `there is no session '${name}' in this request. ${cure}`)
}

function elsewhere(layer: string, type: string): SessionError {
  const cure =
    type === 'graphql'
      ? 'Take the session from the request in the context of the resolver, and guard the endpoint by what holdfast/express or holdfast/fastify have.'
      : 'Read the session with readSession() of holdfast/node when the client connects, and bind guards to controllers, not to gateways.'
  return SessionError.config(layer, `it is for handlers of HTTP requests, and this is a '${type}' context. ${cure}`)
}

// Fastify has the request and the response of Node in `raw`.
function behind(given: unknown): unknown {
  return isObject(given) && 'raw' in given && isObject(given.raw) ? given.raw : given
}

function isRequest(given: unknown): given is NodeRequest {
  return isObject(given) && 'headers' in given && 'socket' in given
}

function isResponse(given: unknown): given is HttpExchange['response'] {
  return isObject(given) && 'writeHead' in given && 'appendHeader' in given
}

function isReply(given: unknown): given is Reply {
  return isObject(given) && 'status' in given && 'header' in given
}
