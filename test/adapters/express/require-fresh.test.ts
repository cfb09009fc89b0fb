import express from 'express'
import type { ErrorRequestHandler, Express } from 'express'
import { describe, expect, it } from 'vitest'
import { csrf, requireFresh, session } from '../../../src/adapters/express.ts'
import type { SessionOptions } from '../../../src/adapters/express.ts'
import type { FreshOptions } from '../../../src/http/fresh.ts'
import { testClient } from '../../../src/testing/test-client.ts'
import type { TestClient } from '../../../src/testing/test-client.ts'
import { keyOf, openShop } from '../../manager/support/shop.ts'
import type { Shop } from '../../manager/support/shop.ts'
import { asked, told } from '../../support/visits.ts'

const NOT_FRESH = { code: 'ERR_SESSION_NOT_FRESH', status: 403 }

interface World extends Shop {
  readonly app: Express
  readonly client: TestClient
  /** The id that the browser has. */
  readonly id: () => string
}

function build(options: FreshOptions = {}, onError?: ErrorRequestHandler, sessionOptions: SessionOptions<express.Request> = {}): World {
  const shop = openShop({ cookie: { secure: 'auto' } })
  const app = express()
  app.set('env', 'test')
  app.use(session(shop.sessions, sessionOptions))
  app.get('/login', async (req, res) => {
    await req.session.regenerate({ destroy: true })
    req.session.setUserId('ada')
    req.session.markAuthenticated({ level: Number(req.query['level'] ?? 1) })
    res.send('welcome')
  })
  app.use('/account', requireFresh(options))
  app.get('/account', (req, res) => {
    req.session.increment('n')
    res.send(`account of ${req.session.userId}`)
  })
  app.get('/login-page', (req, res) => {
    res.send(`${String(res.locals.flash?.('status'))} ${String(req.session.get('returnTo'))}`)
  })
  if (onError !== undefined) app.use(onError)
  const client = testClient(app, { sessions: shop.sessions })
  return { ...shop, app, client, id: () => client.jar.get('ml_session') ?? '' }
}

describe('requireFresh() for Express', () => {
  it('ASVS-7.5.1: lets a fresh login pass, and refuses an older one with 403, for the error handler to answer', async () => {
    await using world = closing(build())
    await world.client.get('/login')
    world.clock.advance(840_000)
    expect(await (await world.client.get('/account')).text()).toBe('account of ada')
    world.clock.advance(61_000)
    const refused = told(world.sessions, 'refused')
    expect((await world.client.get('/account')).status).toBe(403)
    expect(refused).toMatchObject([{ reason: 'not-fresh', cause: NOT_FRESH, key: keyOf(world.id()) }])
    expect(await asked(world.sessions, world.id(), (visitor) => visitor.get('n'))).toBe(1)
  })

  it('ASVS-7.5.3: takes the time and the level that it was given', async () => {
    await using world = closing(build({ withinSeconds: 60, level: 2 }))
    await world.client.get('/login')
    expect((await world.client.get('/account')).status).toBe(403)
    await world.client.get('/login?level=2')
    expect((await world.client.get('/account')).status).toBe(200)
    world.clock.advance(61_000)
    expect((await world.client.get('/account')).status).toBe(403)
  })

  it('an error handler may lead to the login, and what it says there is kept for the next page', async () => {
    await using world = closing(
      build({}, (error, req, res, next) => {
        if (error.code !== 'ERR_SESSION_NOT_FRESH') return next(error)
        req.session.flash('status', 'Please log in again.')
        req.session.set('returnTo', req.originalUrl)
        res.redirect('/login-page')
      }),
    )
    await world.client.get('/login')
    world.clock.advance(901_000)
    const response = await world.client.get('/account')
    expect([response.status, response.headers.get('location')]).toEqual([302, '/login-page'])
    expect(await (await world.client.get('/login-page')).text()).toBe('Please log in again. /account')
  })

  it('an error handler that fails stores nothing of what it said', async () => {
    await using world = closing(
      build({}, (_error, req, res, _next) => {
        req.session.set('returnTo', '/account')
        res.status(500).send('broken')
      }),
    )
    await world.client.get('/login')
    world.clock.advance(901_000)
    expect((await world.client.get('/account')).status).toBe(500)
    expect(await (await world.client.get('/login-page')).text()).toBe('undefined undefined')
  })

  it('is no business of session()’s onError: the session was opened', async () => {
    const failures: unknown[] = []
    await using world = closing(build({}, undefined, { onError: (error) => void failures.push(error) }))
    await world.client.get('/login')
    world.clock.advance(901_000)
    expect([(await world.client.get('/account')).status, failures]).toEqual([403, []])
  })

  it('refuses visitors, and stores nothing for them', async () => {
    await using world = closing(build())
    const response = await world.client.get('/account')
    expect([response.status, response.headers.getSetCookie()]).toEqual([403, []])
    expect((await world.memory.list()).sessions).toEqual([])
  })

  it('guards one route, several, or a router, beside csrf()', async () => {
    const { sessions, clock, stored } = openShop({ cookie: { secure: 'auto' } })
    const id = await stored((visitor) => {
      visitor.setUserId('ada')
      visitor.markAuthenticated()
      visitor.token()
    })
    const app = express()
    app.set('env', 'test')
    app.use(session(sessions), csrf())
    app.post('/password', requireFresh({ withinSeconds: 60 }), (_req, res) => void res.send('changed'))
    app.use(
      '/admin',
      requireFresh(),
      express.Router().get('/users', (_req, res) => void res.send('users')),
    )
    app.get('/', (_req, res) => void res.send('home'))
    await using client = testClient(app, { sessions })
    client.jar.set('ml_session', id)
    const statuses = async (): Promise<number[]> => [
      (await client.post('/password')).status,
      (await client.get('/admin/users')).status,
      (await client.get('/')).status,
    ]
    expect(await statuses()).toEqual([200, 200, 200])
    clock.advance(61_000)
    expect(await statuses()).toEqual([403, 200, 200])
    clock.advance(840_000)
    expect(await statuses()).toEqual([403, 403, 200])
  })

  it('without session() says so to the error handler, and lets nobody pass', async () => {
    const given: unknown[] = []
    const app = express()
    app.use(requireFresh())
    app.get('/account', (_req, res) => void res.send('never'))
    app.use(((error, _req, res, _next) => {
      given.push(error)
      res.status(500).send('broken')
    }) satisfies ErrorRequestHandler)
    await using client = testClient(app)
    expect(await (await client.get('/account')).text()).toBe('broken')
    expect(given).toMatchObject([{ code: 'ERR_SESSION_CONFIG', message: expect.stringMatching(/behind session\(\)/) }])
  })
})

function closing(world: World): World & AsyncDisposable {
  return { ...world, [Symbol.asyncDispose]: () => world.client.close() }
}
