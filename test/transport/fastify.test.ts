import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import formBody from '@fastify/formbody'
import fastify from 'fastify'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { csrf, logout, requireFresh, session } from '../../src/adapters/fastify.ts'
import type { Session } from '../../src/session/session.ts'
import { formFields } from './form-fields.ts'
import { transportSuite } from './suite.ts'
import type { House } from './suite.ts'

declare module 'fastify' {
  interface FastifyRequest {
    staff?: Session
  }
}

type Route = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>

function addRoutes(app: FastifyInstance, house: House): void {
  const text =
    (answer: (session: Session) => string | Promise<string>, status = 200): Route =>
    async (request, reply) => {
      reply.code(status)
      return answer(request.session)
    }
  const stream =
    (chunks: (session: Session) => AsyncIterable<string>): Route =>
    async (request, reply) => {
      await house.count(request.session)
      return reply.type('text/plain').send(Readable.from(chunks(request.session)))
    }
  for (const { method, path, answer, status } of house.texts) app[method](path, text(answer, status))
  app.get('/form', async (request, reply) => reply.type('text/html').send(house.form(request.session)))
  app.post('/login', async (request, reply) => {
    await house.login(request.session)
    return reply.redirect('/home')
  })
  app.post('/logout', logout({ redirect: '/home' }))
  app.get('/loop', async (request) => house.loop(request.session, request.headers.cookie))
  app.get('/refuse', async (request) => {
    await house.count(request.session)
    throw Object.assign(new Error('not here'), { statusCode: 404 })
  })
  app.get(
    '/stream',
    stream((visitor) => house.chunks(visitor)),
  )
  app.get(
    '/broken-stream',
    stream(() => house.brokenChunks()),
  )
  app.get('/same', async (request, reply) => {
    await house.count(request.session)
    reply.header('etag', '"same"')
    return request.headers['if-none-match'] === '"same"' ? reply.code(304).send() : 'same'
  })
  app.get('/cookies', async (request, reply) => {
    reply.header('set-cookie', 'a=1').header('set-cookie', 'b=2')
    return house.count(request.session)
  })
  app.get('/fresh', { preHandler: requireFresh({ withinSeconds: 300 }) }, async () => 'fresh')
  app.get('/exempt', async ({ session: visitor }: { readonly session?: unknown }) => (visitor === undefined ? 'none' : 'some'))
  app.get('/both', async (request) => request.staff && house.both(request.session, request.staff))
}

transportSuite('Fastify', async (house) => {
  const app = fastify({ forceCloseConnections: true })
  app.register(formBody)
  app.addContentTypeParser(/^multipart\/form-data/, async ({ headers }: FastifyRequest, body: IncomingMessage) =>
    formFields(body, headers['content-type']),
  )
  app.register(session(house.sessions, house.options))
  if (house.staff !== undefined) app.register(session(house.staff, { as: 'staff' }))
  app.addHook('preValidation', csrf())
  addRoutes(app, house)
  await app.listen({ host: '127.0.0.1', port: 0 })
  return { server: app.server, stop: () => app.close() }
})
