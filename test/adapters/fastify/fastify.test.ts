import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import { describe, expect, it, onTestFinished } from 'vitest'
import { csrf, logout, requireFresh, session } from '../../../src/adapters/fastify.ts'
import { MemoryDriver } from '../../../src/drivers/memory.ts'
import { FakeManager, failsLater, STORE_DOWN, storesLater } from '../node/fake-open-session.ts'
import { brokenSource, realManager } from '../node/real-manager.ts'
import { ask, portOf, until } from '../node/support.ts'
import type { Served } from '../node/support.ts'

function newApp(): FastifyInstance {
  const app = fastify({ forceCloseConnections: true })
  onTestFinished(() => app.close())
  return app
}

async function listen(app: FastifyInstance): Promise<Served> {
  await app.listen({ host: '127.0.0.1', port: 0 })
  return { server: app.server, port: portOf(app.server) }
}

describe('session() for Fastify', () => {
  it('refuses options that are unknown or cannot work, by name', () => {
    const bad: [object, string][] = [
      [{ exept: [] }, "'session.exept': is not known. Did you mean 'except'?"],
      [{ onError: () => undefined }, "'session.onError': is not known"],
      [{ hook: 'onSend' }, "'session.hook': must be one of"],
      [{ saveOnError: 1 }, "'session.saveOnError'"],
      [{ as: 'headers' }, "'session.as'"],
    ]
    for (const [options, message] of bad) expect(() => session(new FakeManager(), options), message).toThrow(message)
  })

  it('registered in a context, holds for that and those below it, and for no other', async () => {
    const manager = new FakeManager()
    const app = newApp()
    const has = async ({ session: visitor }: { readonly session?: unknown }): Promise<string> => (visitor === undefined ? 'none' : 'some')
    app.get('/beside', has)
    await app.register(async (shop) => {
      await shop.register(session(manager))
      shop.get('/shop', has)
      await shop.register(async (inner) => void inner.get('/shop/inner', has))
    })
    await app.register(async (other) => void other.get('/other', has))
    const served = await listen(app)
    const paths = ['/beside', '/shop', '/shop/inner', '/other', '/nowhere']
    const bodies: string[] = []
    for (const path of paths) bodies.push((await ask(served, path)).body)
    expect(bodies.slice(0, 4)).toEqual(['none', 'some', 'some', 'none'])
    expect(manager.opened).toHaveLength(2)
  })

  it('hands an open that failed to the error handler', async () => {
    const manager = new FakeManager()
    manager.onOpen = () => Promise.reject(STORE_DOWN)
    const app = newApp()
    app.setErrorHandler((error, _request, reply) => void reply.code(503).send(error === STORE_DOWN ? 'our own page' : 'another'))
    app.register(session(manager))
    app.get('/', async () => 'never')
    const { status, body } = await ask(await listen(app))
    expect([status, body]).toEqual([503, 'our own page'])
  })

  it('hands a commit that failed to the error handler, on the reply as it was', async () => {
    const app = newApp()
    const seen: unknown[] = []
    app.addHook(
      'onRequest',
      async (_request, reply) => void reply.header('access-control-allow-origin', '*').header('set-cookie', ['early=1', 'early=2']),
    )
    app.setErrorHandler((error, _request, reply) => {
      seen.push(error)
      void reply.code(503).send({ sorry: true })
    })
    app.register(session(failsLater()))
    app.get('/', async (_request, reply) => {
      reply.header('etag', '"x"').header('set-cookie', 'late=1').header('location', '/elsewhere')
      return 'stored!'
    })
    const { status, body, headers } = await ask(await listen(app))
    expect([status, body]).toEqual([503, '{"sorry":true}'])
    expect(seen).toEqual([STORE_DOWN])
    expect([headers.etag, headers.location, headers['access-control-allow-origin']]).toEqual([undefined, undefined, '*'])
    expect(headers['set-cookie']).toEqual(['early=1', 'early=2'])
  })

  it('tells nothing of a commit that failed where nobody handles errors, but its status', async () => {
    const app = newApp()
    app.register(session(failsLater()))
    app.get('/', async () => 'stored!')
    const { status, body } = await ask(await listen(app))
    expect(status).toBe(503)
    expect(body).not.toContain('stored!')
  })

  it('answers 503 as well where the handler had thrown, and the error handlers have run', async () => {
    for (const handles of [false, true]) {
      const app = newApp()
      if (handles) app.setErrorHandler((_error, _request, reply) => reply.code(404).send('none'))
      app.register(session(failsLater()))
      app.get('/', () => {
        throw Object.assign(new Error('none'), { statusCode: 404 })
      })
      expect((await ask(await listen(app))).status).toBe(503)
    }
  })

  it('answers a bare 503 for a reply that was hijacked and could not be stored', async () => {
    const app = newApp()
    app.register(session(failsLater()))
    app.get('/', (_request, reply) => {
      reply.hijack()
      reply.raw.end('by hand')
    })
    const { status, body } = await ask(await listen(app))
    expect([status, body]).toEqual([503, 'Service Unavailable'])
  })

  it('holds what a handler writes past Fastify', async () => {
    const app = newApp()
    app.register(session(realManager()))
    app.get('/', (request, reply) => {
      request.session.increment('n')
      reply.hijack()
      reply.raw.end('by hand')
    })
    const { body, headers } = await ask(await listen(app))
    expect([body, headers['set-cookie']?.length]).toEqual(['by hand', 1])
  })

  it('does not answer an error that came behind a whole reply', async () => {
    const app = newApp()
    const manager = storesLater()
    app.register(session(manager))
    app.get('/', async (_request, reply) => {
      void reply.send('whole')
      throw new Error('too late')
    })
    const { status, body } = await ask(await listen(app))
    expect([status, body, manager.only.commits]).toEqual([200, 'whole', 1])
  })

  it('keeps nothing of a request whose stream breaks before its first byte', async () => {
    const driver = new MemoryDriver({ acknowledged: true })
    const app = newApp()
    app.register(session(realManager(driver)))
    app.get('/', async (request, reply) => {
      request.session.set('n', 1)
      return reply.send(brokenSource())
    })
    const { status, headers } = await ask(await listen(app))
    expect([status, headers['set-cookie']]).toEqual([500, undefined])
    expect((await driver.list()).sessions).toEqual([])
  })

  it('serves what is injected without a server', async () => {
    const app = newApp()
    app.register(session(realManager()))
    app.get('/', async (request) => String(request.session.increment('n')))
    app.get('/stream', async (request, reply) => {
      request.session.increment('n')
      return reply.send(Readable.from(['first ', 'last']))
    })
    const cookie = String((await app.inject('/')).headers['set-cookie']).split(';', 1)[0] ?? ''
    expect((await app.inject({ url: '/stream', headers: { cookie } })).body).toBe('first last')
    expect((await app.inject({ url: '/', headers: { cookie } })).body).toBe('3')
  })

  it('takes what an onSend hook writes', async () => {
    const app = newApp()
    app.register(session(realManager()))
    app.addHook('onSend', async (request) => void request.session.increment('n', 10))
    app.get('/', async (request) => String(request.session.get('n', 0)))
    const served = await listen(app)
    const cookie = String((await ask(served)).headers['set-cookie']).split(';', 1)[0] ?? ''
    expect((await ask(served, '/', { headers: { cookie } })).body).toBe('10')
  })

  it('gives concurrency the request of Fastify', async () => {
    const manager = new FakeManager()
    const app = newApp()
    app.register(session(manager, { concurrency: (request) => (request.routeOptions.url === '/poll' ? 'readonly' : undefined) }))
    app.get('/poll', async () => 'x')
    app.get('/', async () => 'x')
    const served = await listen(app)
    await ask(served, '/poll')
    await ask(served, '/')
    expect(manager.requests.map(({ concurrency }) => concurrency)).toEqual(['readonly', undefined])
  })

  it('tells a handler that starts its own session again, also behind a body that came late', async () => {
    const sessions = realManager()
    const app = newApp()
    let hasBegun = false
    app.register(session(sessions))
    app.addHook('preParsing', async () => void (hasBegun = true))
    app.get('/', async (request) => String(request.session.increment('n')))
    app.post('/', async (request) => {
      const again = sessions.start(request.session.id)
      return again.then(
        () => 'started',
        (error: unknown) => Reflect.get(Object(error), 'code'),
      )
    })
    const served = await listen(app)
    const cookie = String((await ask(served)).headers['set-cookie']).split(';', 1)[0] ?? ''
    const request = httpRequest({
      port: served.port,
      agent: false,
      method: 'POST',
      headers: { cookie, 'content-type': 'application/json' },
    })
    hasBegun = false
    request.flushHeaders()
    await until(() => hasBegun)
    request.end('{}')
    const [response]: IncomingMessage[] = await once(request, 'response')
    expect(await response?.toArray().then(String)).toBe('ERR_SESSION_LOCK_SELF')
  })

  it('opens the session in the hook that is asked for', async () => {
    const [early, late] = [new FakeManager(), new FakeManager()]
    const seen: unknown[] = []
    const app = newApp()
    app.register(session(early, { as: 'early' }))
    app.register(session(late, { as: 'late', hook: 'preValidation' }))
    app.addHook('preParsing', async () => void seen.push(early.opened.length, late.opened.length))
    app.post('/', async () => void seen.push(early.opened.length, late.opened.length))
    await ask(await listen(app), '/', { method: 'POST', headers: { 'content-type': 'application/json' } }, '{}')
    expect(seen).toEqual([1, 0, 1, 1])
  })

  it('does nothing when it is registered twice', async () => {
    const sessions = realManager()
    const app = newApp()
    app.register(session(sessions))
    app.register(session(sessions))
    app.get('/', async (request) => String(request.session.increment('n')))
    const { body, headers } = await ask(await listen(app))
    expect([body, headers['set-cookie']?.length]).toEqual(['1', 1])
  })

  it('takes no name that a request has already', async () => {
    const app = newApp()
    app.register(session(new FakeManager(), { as: 'hostname' }))
    await expect(app.ready()).rejects.toThrow("'session.as': must be a name that a request of Fastify does not have yet")
  })
})

describe('the guards for Fastify', () => {
  it('say so where there is no session', async () => {
    const app = newApp()
    app.post('/csrf', { preValidation: csrf() }, async () => 'x')
    app.post('/fresh', { preHandler: requireFresh() }, async () => 'x')
    app.post('/logout', logout())
    const served = await listen(app)
    for (const path of ['/csrf', '/fresh', '/logout']) {
      const { status, body } = await ask(served, path, { method: 'POST' })
      expect([status, body]).toEqual([500, expect.stringMatching(/there is no session in this request. Mount .* behind session\(\)/)])
    }
  })

  it('a logout takes a POST only, and may name no page', async () => {
    const app = newApp()
    app.register(session(realManager()))
    app.all('/', logout({ clearSiteData: ['storage'] }))
    const served = await listen(app)
    const wrong = await ask(served)
    expect([wrong.status, wrong.headers.allow]).toEqual([405, 'POST'])
    const right = await ask(served, '/', { method: 'POST' })
    expect([right.status, right.body, right.headers['clear-site-data']]).toEqual([204, '', '"storage"'])
  })
})
