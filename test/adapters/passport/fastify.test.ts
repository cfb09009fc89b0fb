import { createRequire } from 'node:module'
import formBody from '@fastify/formbody'
import fastify from 'fastify'
import type { FastifyInstance, FastifyReply, FastifyRequest, preHandlerAsyncHookHandler } from 'fastify'
import { describe, expect, it, onTestFinished } from 'vitest'
import { session } from '../../../src/adapters/fastify.ts'
import { onFastify, passportSession } from '../../../src/adapters/passport.ts'
import { MemoryDriver } from '../../../src/drivers/memory.ts'
import { SessionManager } from '../../../src/index.ts'
import { testClient } from '../../../src/testing/index.ts'
import type { TestClient } from '../../../src/testing/index.ts'
import { form, nameOf, passportHouse } from './users.ts'

interface World {
  readonly app: FastifyInstance
  readonly client: TestClient
  readonly sessions: SessionManager
}

async function world(): Promise<World> {
  const sessions = new SessionManager({ driver: new MemoryDriver({ acknowledged: true }), cookie: { secure: 'auto' } })
  const app = fastify()
  await app.register(formBody)
  await app.register(session(sessions))
  const client = testClient(app.server)
  onTestFinished(async () => {
    await client.close()
    await app.close()
    await sessions.close({ waitSeconds: 0 })
  })
  return { app, client, sessions }
}

async function json(response: Promise<Response>): Promise<{ user: string; all: Record<string, unknown> }> {
  return (await response).json()
}

describe('Passport on Fastify through onFastify', () => {
  const start = async (login: object = {}): Promise<World> => {
    const made = await world()
    const { app } = made
    const { passport } = passportHouse()
    app.addHook('preValidation', onFastify(passportSession()))
    app.addHook('preValidation', onFastify(passport.session()))
    app.decorateRequest('user', null)
    const preHandler = onFastify(passport.authenticate('local', { successRedirect: '/', failureRedirect: '/login', ...login }))
    app.post('/login', { preHandler }, async () => 'not reached')
    app.post('/logout', async (request, reply) => {
      await new Promise<void>((resolve, reject) => {
        const logout: unknown = Reflect.get(request.raw, 'logout')
        Reflect.apply(Object(logout), request.raw, [(error?: Error) => (error === undefined ? resolve() : reject(error))])
      })
      request.session.set('left', true)
      return reply.redirect('/')
    })
    app.get('/', async (request) => ({ user: nameOf(Reflect.get(request, 'user')), all: request.session.all() }))
    await app.ready()
    return made
  }

  it('logs in and out, with a new id each time', async () => {
    const { client, sessions } = await start()
    const login = await client.post('/login', form('ada'))
    expect([login.status, login.headers.get('location')]).toEqual([302, '/'])
    expect(await json(client.get('/'))).toMatchObject({ user: 'ada', all: { passport: { user: 7 } } })
    expect((await sessions.list({ userId: 7 })).sessions).toHaveLength(1)
    const logout = await client.post('/logout')
    expect(logout.headers.get('set-cookie')).not.toBe(login.headers.get('set-cookie'))
    const { user, all } = await json(client.get('/'))
    expect([user, all['left'], all['passport']]).toEqual(['nobody', true, undefined])
  })

  it('answers a failed login by a redirect with its message, or by 401', async () => {
    const { client } = await start({ failureMessage: true })
    expect((await client.post('/login', { form: { username: 'ada', password: 'x' } })).headers.get('location')).toBe('/login')
    expect((await json(client.get('/'))).all['messages']).toEqual(['wrong name or password'])
    const { client: other } = await start({ failureRedirect: undefined })
    const plain = await other.post('/login', { form: { username: 'ada', password: 'x' } })
    expect([plain.status, await plain.text()]).toEqual([401, 'Unauthorized'])
  })

  it('throws what went wrong into Fastify', async () => {
    const { app, client } = await world()
    const { passport } = passportHouse()
    app.addHook('preValidation', onFastify(passportSession()))
    app.get('/', { preHandler: onFastify(passport.authenticate('unheard-of')) }, async () => 'not reached')
    await app.ready()
    expect((await client.get('/')).status).toBe(500)
  })
})

type Act = (this: FastifyRequest, user?: object) => Promise<void>

interface FastifyPassport {
  use(strategy: unknown): void
  registerUserSerializer(serialize: (user: object) => Promise<unknown>): void
  registerUserDeserializer(deserialize: (id: unknown) => Promise<unknown>): void
  initialize(): Parameters<FastifyInstance['register']>[0]
  secureSession(): Parameters<FastifyInstance['register']>[0]
  authenticate(name: string, options: object): preHandlerAsyncHookHandler
}

describe('@fastify/passport', () => {
  it('logs in and out behind passportSession', async () => {
    const { Authenticator }: { Authenticator: new () => FastifyPassport } = createRequire(import.meta.url)('@fastify/passport')
    const { Strategy } = await import('passport-local')
    const { app, client, sessions } = await world()
    const passport = new Authenticator()
    passport.use(new Strategy((name, _password, done) => done(null, { id: 7, name })))
    passport.registerUserSerializer(async (user) => ({ id: Reflect.get(user, 'id') }))
    passport.registerUserDeserializer(async (kept) => ({ ...Object(kept), name: 'ada' }))
    app.addHook('preValidation', onFastify(passportSession()))
    await app.register(passport.initialize())
    await app.register(passport.secureSession())
    app.get('/visit', async (request) => String(request.session.increment('visits')))
    app.post('/login', { preValidation: passport.authenticate('local', { successRedirect: '/' }) }, async () => 'not reached')
    app.post('/logout', async (request: FastifyRequest, reply: FastifyReply) => {
      await Reflect.apply(Object(Reflect.get(request, 'logout')) as Act, request, [])
      return reply.redirect('/')
    })
    app.get('/', async (request) => ({ user: nameOf(Reflect.get(request, 'user')), all: request.session.all() }))
    await app.ready()
    const before = (await client.get('/visit')).headers.get('set-cookie')
    const login = await client.post('/login', form('ada'))
    expect(login.headers.get('set-cookie')).not.toBe(before)
    const within = await json(client.get('/'))
    expect([within.user, within.all['visits']]).toEqual(['ada', undefined])
    expect((await sessions.list({ userId: 7 })).sessions).toHaveLength(1)
    await client.post('/logout')
    expect((await json(client.get('/'))).user).toBe('nobody')
    expect((await sessions.list({ userId: 7 })).sessions).toHaveLength(0)
  })
})
