import { createRequire } from 'node:module'
import { bodyParser } from '@koa/bodyparser'
import Koa from 'koa'
import { describe, expect, it, onTestFinished } from 'vitest'
import { session } from '../../../src/adapters/koa.ts'
import { onKoa, passportSession } from '../../../src/adapters/passport.ts'
import type { PassportKoaMiddleware } from '../../../src/adapters/passport.ts'
import { MemoryDriver } from '../../../src/drivers/memory.ts'
import { SessionManager } from '../../../src/index.ts'
import { testClient } from '../../../src/testing/index.ts'
import type { TestClient } from '../../../src/testing/index.ts'
import { form, nameOf, passportHouse } from './users.ts'

interface World {
  readonly client: TestClient
  readonly sessions: SessionManager
}

type Steps = Readonly<Record<string, Koa.Middleware>>

function world(before: readonly Koa.Middleware[], steps: Steps): World {
  const sessions = new SessionManager({ driver: new MemoryDriver({ acknowledged: true }), cookie: { secure: 'auto' } })
  const app = new Koa()
  app.silent = true
  app.use(bodyParser())
  app.use(session(sessions))
  for (const middleware of before) app.use(middleware)
  app.use((ctx, next) => steps[`${ctx.method} ${ctx.path}`]?.(ctx, next) ?? next())
  app.use((ctx) => {
    if (ctx.path !== '/') return
    ctx.body = { user: nameOf(Reflect.get(ctx.state, 'user')), all: ctx.session.all() }
  })
  const handle = app.callback()
  const client = testClient(Object.assign((...asked: Parameters<typeof handle>) => void handle(...asked), { listen: app.listen.bind(app) }))
  onTestFinished(async () => {
    await client.close()
    await sessions.close({ waitSeconds: 0 })
  })
  return { client, sessions }
}

async function json(response: Promise<Response>): Promise<{ user: string; all: Record<string, unknown> }> {
  return (await response).json()
}

const cookieOf = (response: Response): string => response.headers.get('set-cookie')?.split(';')[0] ?? ''

describe('Passport on Koa through onKoa', () => {
  const start = (login: object = {}): World => {
    const { passport } = passportHouse()
    return world([onKoa(passportSession()), onKoa(passport.session())], {
      'POST /login': onKoa(passport.authenticate('local', { successRedirect: '/', failureRedirect: '/login', ...login })),
      'POST /logout': async (ctx) => {
        await new Promise<void>((resolve, reject) => {
          const logout: unknown = Reflect.get(ctx.req, 'logout')
          Reflect.apply(Object(logout), ctx.req, [(error?: Error) => (error === undefined ? resolve() : reject(error))])
        })
        ctx.session.set('left', true)
        ctx.redirect('/')
      },
      'GET /stay': async (ctx) => {
        Reflect.set(ctx.session, 'cart', [1])
        ctx.body = 'ok'
      },
    })
  }

  it('logs in and out, with a new id each time, and gives handlers the session that there is then', async () => {
    const { client, sessions } = start()
    await client.get('/stay')
    const login = await client.post('/login', form('ada'))
    expect([login.status, login.headers.get('location')]).toEqual([302, '/'])
    expect(await json(client.get('/'))).toMatchObject({ user: 'ada', all: { passport: { user: 7 } } })
    expect((await sessions.list({ userId: 7 })).sessions).toHaveLength(1)
    const logout = await client.post('/logout')
    expect(cookieOf(logout)).not.toBe(cookieOf(login))
    const { user, all } = await json(client.get('/'))
    expect([user, all['left'], all['passport'], all['cart']]).toEqual(['nobody', true, undefined, undefined])
    expect((await json(client.get('/', { headers: { cookie: cookieOf(login) } }))).user).toBe('nobody')
  })

  it('answers a failed login by a redirect with its message, or by 401', async () => {
    const { client } = start({ failureMessage: true })
    expect((await client.post('/login', { form: { username: 'ada', password: 'x' } })).headers.get('location')).toBe('/login')
    expect((await json(client.get('/'))).all['messages']).toEqual(['wrong name or password'])
    const plain = await start({ failureRedirect: undefined }).client.post('/login', { form: { username: 'ada', password: 'x' } })
    expect([plain.status, await plain.text()]).toEqual([401, 'Unauthorized'])
  })

  it('keeps what the session held with keepSessionInfo', async () => {
    const { client } = start({ keepSessionInfo: true })
    await client.get('/stay')
    await client.post('/login', form('ada'))
    expect(await json(client.get('/'))).toMatchObject({ user: 'ada', all: { cart: [1] } })
  })

  it('lets a request pass that session() was told to leave out', async () => {
    const sessions = new SessionManager({ driver: new MemoryDriver({ acknowledged: true }) })
    const app = new Koa()
    app.use(session(sessions, { except: ['/health'] }))
    app.use(onKoa(passportSession()))
    app.use((ctx: { body: unknown }) => {
      ctx.body = 'well'
    })
    const handle = app.callback()
    const client = testClient(
      Object.assign((...asked: Parameters<typeof handle>) => void handle(...asked), { listen: app.listen.bind(app) }),
    )
    onTestFinished(() => client.close())
    expect(await (await client.get('/health')).text()).toBe('well')
  })

  it('throws what went wrong into Koa', async () => {
    const { passport } = passportHouse()
    const { client } = world([onKoa(passportSession())], { 'POST /login': onKoa(passport.authenticate('unheard-of')) })
    expect((await client.post('/login')).status).toBe(500)
  })
})

interface KoaPassport {
  use(strategy: unknown): void
  serializeUser(serialize: (user: object, done: (error: unknown, id?: unknown) => void) => void): void
  deserializeUser(deserialize: (id: unknown, done: (error: unknown, user?: unknown) => void) => void): void
  session(): PassportKoaMiddleware
  initialize(): PassportKoaMiddleware
  authenticate(name: string, options: object): PassportKoaMiddleware
}

describe('koa-passport', () => {
  it('logs in and out behind passportSession', async () => {
    const { KoaPassport }: { KoaPassport: new () => KoaPassport } = createRequire(import.meta.url)('koa-passport')
    const { Strategy } = await import('passport-local')
    const passport = new KoaPassport()
    passport.use(new Strategy((name, _password, done) => done(null, { id: 7, name })))
    passport.serializeUser((user, done) => done(null, Reflect.get(user, 'id')))
    passport.deserializeUser((id, done) => done(null, { id, name: 'ada' }))
    const { client, sessions } = world([onKoa(passportSession()), passport.initialize(), passport.session()], {
      'POST /login': passport.authenticate('local', { successRedirect: '/' }),
      'POST /logout': async (ctx) => {
        await Reflect.apply(Object(Reflect.get(ctx, 'logout')), ctx, [])
        ctx.redirect('/')
      },
    })
    await client.post('/login', form('ada'))
    expect((await json(client.get('/'))).user).toBe('ada')
    expect((await sessions.list({ userId: 7 })).sessions).toHaveLength(1)
    await client.post('/logout')
    expect((await json(client.get('/'))).user).toBe('nobody')
    expect((await sessions.list({ userId: 7 })).sessions).toHaveLength(0)
  })
})
