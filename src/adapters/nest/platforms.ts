import type { HttpServer, MiddlewareConsumer } from '@nestjs/common'
import type { FastifyInstance } from 'fastify'
import { SessionError } from '../../session/errors.ts'
import { isObject } from '../../session/plain.ts'
import { openWith, pass, showSession } from '../fastify/request-session.ts'
import type { SessionOpener } from '../node/passage.ts'
import type { NodeRequest } from '../node/response.ts'
import { session as nodeSession } from '../node/session-middleware.ts'
import { asException } from './exception.ts'
import type { HttpExchange } from './http-context.ts'
import type { Mounting } from './mounting.ts'
import type { NestRequest } from './options.ts'

/** Mounts a session on the platform of an application, for all its routes: behind what parses bodies, before guards, interceptors and handlers. */
export function mountOn(consumer: MiddlewareConsumer, mounting: Mounting, manager: SessionOpener): void {
  const server = serverOf(consumer)
  const platform = server?.getType()
  const instance: unknown = server?.getInstance()
  if (server !== undefined && platform === 'express') mountOnExpress(server, mounting, manager)
  else if (platform === 'fastify' && isFastify(instance)) mountOnFastify(instance, mounting, manager)
  else
    throw SessionError.config(
      'SessionModule',
      'it can be mounted on @nestjs/platform-express and @nestjs/platform-fastify only. Use one of them.',
    )
}

// Not with `consumer.apply`: that leaves out what is outside of a global prefix, and comes behind the middleware of modules that are nearer to the root.
function mountOnExpress(server: HttpServer, { node: { options, meet } }: Mounting, manager: SessionOpener): void {
  const middleware = nodeSession(manager, options)
  server.use((request: NodeRequest & NestRequest, response: HttpExchange['response'], next: (error?: unknown) => void) => {
    meet(request, request)
    middleware(request, response, (error?: unknown) => {
      if (error === undefined) next()
      else next(asException(error))
    })
  })
}

// Not as middleware of Nest: that runs before the body is there, and its `next` takes no error of a response that could not be stored.
function mountOnFastify(app: FastifyInstance, { as, node: { options, meet } }: Mounting, manager: SessionOpener): void {
  const middleware = nodeSession(manager, options)
  showSession(app, as)
  app.addHook('preValidation', (request, reply, done) => {
    meet(request.raw, request)
    openWith(
      reply,
      (next) => middleware(request.raw, reply.raw, (error) => next(asException(error))),
      (error) => pass(error, done),
    )
  })
}

function serverOf(consumer: MiddlewareConsumer & { getHttpAdapter?(): unknown }): HttpServer | undefined {
  const server: unknown = consumer.getHttpAdapter?.()
  return isServer(server) ? server : undefined
}

function isServer(given: unknown): given is HttpServer {
  return isObject(given) && 'getType' in given && 'getInstance' in given && 'use' in given
}

function isFastify(given: unknown): given is FastifyInstance {
  return isObject(given) && 'addHook' in given && 'decorateRequest' in given
}
