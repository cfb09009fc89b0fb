import fastify from 'fastify'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import Koa from 'koa'
import koaSession from 'koa-session'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { SessionDriver } from '../../src/index.ts'
import { testClient } from '../../src/testing/index.ts'
import type { TestClient } from '../../src/testing/index.ts'
import { gate } from './express-session-app.ts'
import { fastifyCookie, fastifySession } from './packages.ts'
import { memory, sessionsIn, storeOver, text } from './store-support.ts'

/** What the tests use of a session of `@fastify/session`. */
interface FastifySessionOfTheirs {
  visits?: number
  regenerate(): Promise<void>
  destroy(): Promise<void>
}

function theirs(request: FastifyRequest): FastifySessionOfTheirs {
  const session: unknown = Reflect.get(request, 'session')
  return session as FastifySessionOfTheirs
}

async function fastifyApp(driver: SessionDriver, cookie: object = {}): Promise<{ app: FastifyInstance; client: TestClient }> {
  const app = fastify()
  await app.register(fastifyCookie)
  const options: object = {
    secret: 'a secret that has thirty-two characters',
    saveUninitialized: false,
    store: storeOver(driver),
    cookie: { secure: false, ...cookie },
  }
  await app.register(fastifySession, options)
  app.get('/', async (request) => {
    const session = theirs(request)
    session.visits = (session.visits ?? 0) + 1
    return String(session.visits)
  })
  app.get('/read', async (request) => String(theirs(request).visits ?? 0))
  app.get('/renew', async (request) => {
    await theirs(request).regenerate()
    theirs(request).visits = 41
    return 'renewed'
  })
  app.get('/logout', async (request) => {
    await theirs(request).destroy()
    return 'out'
  })
  const client = testClient(app.server)
  onTestFinished(async () => {
    await client.close()
    await app.close()
  })
  return { app, client }
}

describe('an application on @fastify/session with a driver of ours', () => {
  it('keeps, renews and ends its sessions', async () => {
    const driver = memory()
    const { app, client } = await fastifyApp(driver)
    await app.ready()
    expect([await text(client.get('/')), await text(client.get('/')), await text(client.get('/read'))]).toEqual(['1', '2', '2'])
    await client.get('/renew')
    expect([await text(client.get('/')), await sessionsIn(driver)]).toEqual(['42', 1])
    expect(await text(client.get('/logout'))).toBe('out')
    expect([await text(client.get('/read')), await sessionsIn(driver)]).toEqual(['0', 0])
  })

  it('does not bring a session back by a request that still ran when it was ended', async () => {
    const driver = memory()
    const { app, client } = await fastifyApp(driver)
    const { whenOpen: whenReading, open: reading } = gate()
    const { whenOpen: whenOut, open: out } = gate()
    app.get('/slow', async (request) => {
      theirs(request).visits = 100
      reading()
      await whenOut
      return 'late'
    })
    await app.ready()
    await client.get('/')
    const late = text(client.get('/slow'))
    await whenReading
    await client.get('/logout')
    out()
    expect(await late).toBe('late')
    expect(await sessionsIn(driver)).toBe(0)
  })

  it('gives its sessions the time that their cookie has', async () => {
    const driver = memory()
    const { app, client } = await fastifyApp(driver, { maxAge: 60_000 })
    await app.ready()
    await client.get('/')
    const left = ((await driver.list()).sessions[0]?.expiresAt ?? 0) - Date.now()
    expect(left).toBeGreaterThan(50_000)
    expect(left).toBeLessThanOrEqual(60_000)
  })
})

interface KoaSessionOfTheirs {
  visits?: number
  regenerate(): Promise<void>
}

function koaApp(driver: SessionDriver, options: object = {}, slow?: (session: KoaSessionOfTheirs) => Promise<void>): TestClient {
  const app = new Koa()
  app.silent = true
  app.keys = ['a key of the test']
  app.use(koaSession({ store: storeOver(driver), ...options }, app))
  app.use(async (ctx) => {
    const session = Reflect.get(ctx, 'session') as KoaSessionOfTheirs
    if (ctx.path === '/') session.visits = (session.visits ?? 0) + 1
    if (ctx.path === '/renew') await session.regenerate()
    if (ctx.path === '/slow') await slow?.(session)
    ctx.body = String(session.visits ?? 0)
    if (ctx.path === '/logout') Reflect.set(ctx, 'session', null)
  })
  const handle = app.callback()
  const client = testClient(Object.assign((...asked: Parameters<typeof handle>) => void handle(...asked), { listen: app.listen.bind(app) }))
  onTestFinished(() => client.close())
  return client
}

describe('an application on koa-session with a driver of ours', () => {
  it('keeps, renews and ends its sessions', async () => {
    const driver = memory()
    const client = koaApp(driver)
    expect([await text(client.get('/')), await text(client.get('/')), await text(client.get('/read'))]).toEqual(['1', '2', '2'])
    const [before] = (await driver.list()).sessions
    await client.get('/renew')
    const after = (await driver.list()).sessions
    expect([after.length, after[0]?.key === before?.key]).toEqual([1, false])
    expect(await text(client.get('/read'))).toBe('2')
    await client.get('/logout')
    expect([await text(client.get('/read')), await sessionsIn(driver)]).toEqual(['0', 0])
  })

  it('does not bring a session back by a request that still ran when it was ended', async () => {
    const driver = memory()
    const { whenOpen: whenReading, open: reading } = gate()
    const { whenOpen: whenOut, open: out } = gate()
    const client = koaApp(driver, {}, async (session) => {
      session.visits = 100
      reading()
      await whenOut
    })
    await client.get('/')
    const late = text(client.get('/slow'))
    await whenReading
    await client.get('/logout')
    out()
    expect(await late).toBe('100')
    expect(await sessionsIn(driver)).toBe(0)
  })

  it('gives its sessions the time that it asks for, and a day to those of a browser session', async () => {
    for (const [maxAge, seconds] of [
      [60_000, 70],
      ['session', 86_400],
    ] as const) {
      const driver = memory()
      await koaApp(driver, { maxAge }).get('/')
      const left = ((await driver.list()).sessions[0]?.expiresAt ?? 0) - Date.now()
      expect(left, String(maxAge)).toBeGreaterThan(1000 * (seconds - 10))
      expect(left, String(maxAge)).toBeLessThanOrEqual(1000 * seconds)
    }
  })

  it('answers 500 when the store fails', async () => {
    const driver = memory()
    const client = koaApp(driver)
    await client.get('/')
    driver.read = () => Promise.reject(new Error('the store is down'))
    expect((await client.get('/')).status).toBe(500)
  })
})
