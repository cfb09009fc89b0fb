import { bodyParser } from '@koa/bodyparser'
import formBody from '@fastify/formbody'
import express from 'express'
import fastify from 'fastify'
import Koa from 'koa'
import { Strategy } from 'passport'
import { describe, expect, it, onTestFinished } from 'vitest'
import { session as expressSession } from '../../../src/adapters/express.ts'
import { session as fastifySession } from '../../../src/adapters/fastify.ts'
import { session as koaSession } from '../../../src/adapters/koa.ts'
import { onFastify, onKoa, passportSession } from '../../../src/adapters/passport.ts'
import type { ConnectMiddleware } from '../../../src/adapters/passport.ts'
import { testClient } from '../../../src/testing/index.ts'
import type { TestClient } from '../../../src/testing/index.ts'
import { realManager } from '../node/real-manager.ts'
import { form, nameOf, passportHouse } from './users.ts'

/** What Passport calls a callback of one's own with. */
type Verdict = (error: unknown, user: unknown) => void

/** Middleware that asks Passport, and is told by a callback. */
function asking(
  { passport }: ReturnType<typeof passportHouse>,
  told: (...given: Parameters<ConnectMiddleware>) => Verdict,
): ConnectMiddleware {
  return (request, response, next) => {
    const authenticate: unknown = passport.authenticate('local', told(request, response, next))
    Reflect.apply(Object(authenticate), undefined, [request, response, next])
  }
}

/** Logs in whom Passport knows; others get an answer, or go on as nobody. */
const answering = (house: ReturnType<typeof passportHouse>, byResponse: boolean): ConnectMiddleware =>
  asking(house, (request, response, next) => (error, user) => {
    if (user !== false) return void Reflect.apply(Object(Reflect.get(request, 'login')), request, [user, next])
    if (!byResponse) return next(error)
    response.statusCode = 401
    response.end('nobody of that name')
  })

function onKoaWith(byResponse: boolean): TestClient {
  const house = passportHouse()
  const app = new Koa()
  app.use(bodyParser()).use(koaSession(realManager()))
  app.use(onKoa(passportSession())).use(onKoa(house.passport.session()))
  const login = onKoa(answering(house, byResponse))
  app.use((ctx, next) => (ctx.method === 'POST' ? login(ctx, next) : next()))
  app.use((ctx) => {
    const user = nameOf(Reflect.get(ctx.state, 'user'))
    ctx.status = ctx.method === 'POST' && user === 'nobody' ? 401 : 200
    ctx.body = user
  })
  const handle = app.callback()
  return testClient(Object.assign((...asked: Parameters<typeof handle>) => void handle(...asked), { listen: app.listen.bind(app) }))
}

async function onFastifyWith(byResponse: boolean): Promise<TestClient> {
  const house = passportHouse()
  const app = fastify()
  await app.register(formBody)
  await app.register(fastifySession(realManager()))
  app.addHook('preValidation', onFastify(passportSession()))
  app.addHook('preValidation', onFastify(house.passport.session()))
  app.decorateRequest('user', null)
  const user = (request: object): string => nameOf(Reflect.get(request, 'user'))
  app.get('/', async (request) => user(request))
  app.post('/', { preHandler: onFastify(answering(house, byResponse)) }, async (request, reply) => {
    await reply.code(user(request) === 'nobody' ? 401 : 200).send(user(request))
  })
  await app.ready()
  return testClient(app.server)
}

describe.each<[string, (byResponse: boolean) => TestClient | Promise<TestClient>]>([
  ['Koa', onKoaWith],
  ['Fastify', onFastifyWith],
])('a callback of one’s own for passport.authenticate() on %s', (_, make) => {
  it.each([
    ['the response that the middleware is given', true, 'nobody of that name'],
    ['next', false, 'nobody'],
  ])('ends by %s', async (_how, byResponse, text) => {
    const client = await make(byResponse)
    onTestFinished(() => client.close())
    const refused = await client.post('/', { form: { username: 'eve', password: 'x' } })
    expect([refused.status, await refused.text()]).toEqual([401, text])
    const letIn = await client.post('/', form('ada'))
    expect([letIn.status, await letIn.text()]).toEqual([200, 'ada'])
    expect(await (await client.get('/')).text()).toBe('ada')
  })
})

/** Keeps something in the session before it leads on, as those for OAuth do, when somebody else has answered. */
class Leading extends Strategy {
  override name = 'leading'

  override authenticate(request: express.Request): void {
    setImmediate(() => {
      try {
        Reflect.set(request.session, 'oauth', { state: 'x' })
        this.redirect('https://login.example/')
      } catch (error) {
        this.error(error instanceof Error ? error : new Error('x'))
      }
    })
  }
}

describe('a strategy that keeps something of its own in the session', () => {
  it('is told that the session takes no writes, and so is the error handler', async () => {
    const { passport } = passportHouse()
    passport.use(new Leading())
    const app = express()
    app.use(expressSession(realManager(), { concurrency: (request) => (request.path === '/readonly' ? 'readonly' : 'exclusive') }))
    app.use(passportSession(), passport.authenticate('leading'))
    app.use((error: unknown, _request: express.Request, response: express.Response, next: express.NextFunction) => {
      if (response.headersSent) return next(error)
      response.status(500).send(Reflect.get(Object(error), 'code'))
    })
    const client = testClient(app)
    onTestFinished(() => client.close())
    expect((await client.get('/')).headers.get('location')).toBe('https://login.example/')
    const refused = await client.get('/readonly')
    expect([refused.status, await refused.text()]).toEqual([500, 'ERR_SESSION_READONLY'])
  })
})
