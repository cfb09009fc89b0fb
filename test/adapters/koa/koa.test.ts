import Koa from 'koa'
import { describe, expect, it, onTestFinished } from 'vitest'
import { csrf, logout, requireFresh, session } from '../../../src/adapters/koa.ts'
import { MemoryDriver } from '../../../src/drivers/memory.ts'
import { SessionManager } from '../../../src/manager/session-manager.ts'
import { SessionError } from '../../../src/session/errors.ts'
import { FakeManager, failsLater, STORE_DOWN } from '../node/fake-open-session.ts'
import { brokenSource, realManager } from '../node/real-manager.ts'
import { ask, serve, until } from '../node/support.ts'
import type { Served } from '../node/support.ts'

function newApp(): Koa {
  const app = new Koa()
  app.silent = true
  return app
}

const serveApp = (app: Koa): Promise<Served> => {
  const handle = app.callback()
  return serve((request, response) => void handle(request, response))
}

describe('session() for Koa', () => {
  it('refuses options that are unknown or cannot work, by name', () => {
    const bad: [object, string][] = [
      [{ exept: [] }, "'session.exept': is not known. Did you mean 'except'?"],
      [{ onError: () => undefined }, "'session.onError': is not known"],
      [{ enabled: 'false' }, "'session.enabled': must be true or false"],
      [{ concurrency: 'merged' }, "'session.concurrency': must be one of"],
      [{ as: '' }, "'session.as'"],
    ]
    for (const [options, message] of bad) expect(() => session(new FakeManager(), options), message).toThrow(message)
  })

  it('throws into the middleware around it when the session cannot be opened', async () => {
    const manager = new FakeManager()
    manager.onOpen = () => Promise.reject(STORE_DOWN)
    const app = newApp()
    app.use(async (ctx, next) => {
      try {
        await next()
      } catch (error) {
        ctx.status = 503
        ctx.body = `our own page: ${error === STORE_DOWN ? 'the store' : 'something else'}`
      }
    })
    app.use(session(manager))
    const { status, body } = await ask(await serveApp(app))
    expect([status, body]).toEqual([503, 'our own page: the store'])
  })

  it('ends the middleware around it when somebody else has answered while it waited for the lock', async () => {
    const manager = new FakeManager()
    manager.onOpen = (_, { signal }) =>
      new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(SessionError.aborted(signal.reason))))
    const app = newApp()
    const tooSlow = Promise.withResolvers<undefined>()
    const ended = Promise.withResolvers<unknown>()
    app.use(async (ctx, next) => {
      await Promise.race([next(), tooSlow.promise])
      ctx.status = 503
      ctx.body = 'too slow'
    })
    app.use((_, next) => next().catch(ended.resolve))
    app.use(session(manager))
    const answer = ask(await serveApp(app))
    await until(() => manager.opened.length === 1)
    tooSlow.resolve(undefined)
    expect((await answer).body).toBe('too slow')
    expect(await ended.promise).toMatchObject({ code: 'ERR_SESSION_CLOSED' })
  })

  it('tells app.on("error") when the session could not be stored, and answers as Koa does', async () => {
    const app = newApp()
    const told: unknown[] = []
    app.on('error', (error: unknown) => told.push(error))
    app.use(session(failsLater()))
    app.use((ctx) => {
      ctx.set('etag', '"x"')
      ctx.body = { stored: true }
    })
    const { status, body, headers } = await ask(await serveApp(app))
    expect([status, body, headers.etag]).toEqual([503, 'Service Unavailable', undefined])
    expect(told).toEqual([STORE_DOWN])
  })

  it('holds what a handler writes past Koa', async () => {
    const app = newApp()
    app.use(session(realManager()))
    app.use((ctx) => {
      ctx.respond = false
      ctx.session.increment('n')
      ctx.res.end('by hand')
    })
    const { body, headers } = await ask(await serveApp(app))
    expect([body, headers['set-cookie']?.length]).toEqual(['by hand', 1])
  })

  it('cuts the connection of a stream that breaks before its first byte, as Koa does, keeps nothing, and gives the lock back at once', async () => {
    const sessions = new SessionManager({
      driver: new MemoryDriver({ acknowledged: true }),
      cookie: { secure: 'auto' },
      lock: { waitSeconds: 1 },
    })
    onTestFinished(() => sessions.close({ waitSeconds: 0 }))
    const app = newApp()
    app.use(session(sessions))
    app.use((ctx) => {
      const count = ctx.session.increment('n')
      if (ctx.path === '/') ctx.body = String(count)
      else ctx.body = brokenSource()
    })
    const served = await serveApp(app)
    const cookie = String((await ask(served)).headers['set-cookie']).split(';', 1)[0] ?? ''
    await expect(ask(served, '/stream', { headers: { cookie } })).rejects.toThrow('socket hang up')
    expect((await ask(served, '/', { headers: { cookie } })).body).toBe('2')
  })

  it('gives concurrency the context', async () => {
    const manager = new FakeManager()
    const app = newApp()
    app.use(session(manager, { concurrency: (ctx) => (ctx.query['poll'] === '1' ? 'readonly' : undefined) }))
    const served = await serveApp(app)
    await ask(served, '/?poll=1')
    await ask(served, '/')
    expect(manager.requests.map(({ concurrency }) => concurrency)).toEqual(['readonly', undefined])
  })

  it('compares what is excepted with the path that the application was given', async () => {
    const manager = new FakeManager()
    const app = newApp()
    app.use((ctx, next) => {
      // What koa-mount does.
      if (ctx.path === '/mounted/health') ctx.path = '/health'
      return next()
    })
    app.use(session(manager, { except: ['/health'] }))
    const served = await serveApp(app)
    await ask(served, '/health')
    expect(manager.opened).toHaveLength(0)
    await ask(served, '/mounted/health')
    expect(manager.opened).toHaveLength(1)
  })

  it('does nothing when it is mounted twice', async () => {
    const sessions = realManager()
    const app = newApp()
    app.use(session(sessions)).use(session(sessions))
    app.use((ctx) => {
      ctx.body = String(ctx.session.increment('n'))
    })
    const { body, headers } = await ask(await serveApp(app))
    expect([body, headers['set-cookie']?.length]).toEqual(['1', 1])
  })

  it('takes no name that a context has already', async () => {
    const app = newApp()
    const told: unknown[] = []
    app.on('error', (error: unknown) => told.push(error))
    app.use(session(new FakeManager(), { as: 'cookies' }))
    expect((await ask(await serveApp(app))).status).toBe(500)
    expect(String(told[0])).toContain("'session.as': must be a name that a context of Koa does not have yet")
  })

  it('stores what a handler set whose error an outer middleware answers with a status below 500', async () => {
    const driver = new MemoryDriver({ acknowledged: true })
    const app = newApp()
    app.use(async (ctx, next) => {
      try {
        await next()
      } catch {
        ctx.status = 200
        ctx.body = 'never mind'
      }
    })
    app.use(session(realManager(driver)))
    app.use((ctx) => {
      ctx.session.set('n', 1)
      throw new Error('broken')
    })
    expect((await ask(await serveApp(app))).body).toBe('never mind')
    expect((await driver.list()).sessions).toHaveLength(1)
  })
})

describe('the guards for Koa', () => {
  it('say so where there is no session', async () => {
    for (const guard of [csrf(), requireFresh(), logout()]) {
      const app = newApp()
      const told: unknown[] = []
      app.on('error', (error: unknown) => told.push(error))
      app.use(guard)
      const { status } = await ask(await serveApp(app), '/', { method: 'POST' })
      expect([status, String(told[0])]).toEqual([
        500,
        expect.stringMatching(/there is no session in this request. Mount .* behind session\(\)/),
      ])
    }
  })

  it('a logout takes a POST only, and may name no page', async () => {
    const app = newApp()
    app.use(session(realManager()))
    app.use(logout({ clearSiteData: ['storage'] }))
    const served = await serveApp(app)
    const wrong = await ask(served)
    expect([wrong.status, wrong.headers.allow]).toEqual([405, 'POST'])
    const right = await ask(served, '/', { method: 'POST' })
    expect([right.status, right.body, right.headers['clear-site-data']]).toEqual([204, '', '"storage"'])
  })
})
