import { createServer } from 'node:http'
import { Hono } from 'hono'
import type { ErrorHandler } from 'hono'
import { cors } from 'hono/cors'
import { setCookie } from 'hono/cookie'
import { describe, expect, it } from 'vitest'
import { session } from '../../../src/adapters/hono.ts'
import type { SessionVariables } from '../../../src/adapters/hono.ts'
import { currentSession } from '../../../src/context/index.ts'
import { MemoryDriver } from '../../../src/drivers/memory.ts'
import { SessionManager } from '../../../src/manager/session-manager.ts'
import { isSessionError } from '../../../src/session/errors.ts'
import { testClient } from '../../../src/testing/test-client.ts'
import type { TestClient } from '../../../src/testing/test-client.ts'

interface Data {
  count: number
}

interface Env {
  Variables: SessionVariables<Data>
}

const memory = (): MemoryDriver => new MemoryDriver({ acknowledged: true })

function brokenMemory(): MemoryDriver {
  const driver = memory()
  driver.insert = () => Promise.reject(new Error('the store is down'))
  return driver
}

function house(driver = memory()): SessionManager<Data> {
  return new SessionManager<Data>({ driver })
}

function clientOf(app: { fetch: (request: Request) => Response | Promise<Response> }): TestClient {
  return testClient((request: Request) => app.fetch(request))
}

describe('session() for Hono', () => {
  it.each<[string, ErrorHandler | undefined]>([
    ['Hono', undefined],
    ['c.text()', (_, c) => c.text('unwell', 503)],
    ['a response', () => new Response('unwell', { status: 503, headers: { 'content-type': 'text/plain' } })],
    ['a cookie of its own', (_, c) => (setCookie(c, 'unwell', '1'), c.text('unwell', 503))],
  ])(
    'sends the cookie of what a save in the midst of a request has stored, also where the rest could not be, and %s answers',
    async (by, own) => {
      const driver = memory()
      const app = new Hono<Env>().use(session<Data>(house(driver)))
      if (own !== undefined) app.onError(own)
      app.get('/', async (c) => {
        const visitor = c.var.session
        visitor.set('count', 1)
        await visitor.save()
        visitor.set('count', 2)
        driver.commit = () => Promise.reject(new Error('down'))
        return c.text('2')
      })
      const { status, headers } = await clientOf(app).get('/')
      const cookies = headers.getSetCookie().map((line) => line.split('=', 1)[0])
      expect([status, headers.get('cache-control'), headers.get('content-type')?.slice(0, 10)]).toEqual([503, 'no-store', 'text/plain'])
      expect(cookies).toEqual(by === 'a cookie of its own' ? ['__Host-ml_session', 'unwell'] : ['__Host-ml_session'])
    },
  )

  it('gives the error handler the error of a session that could not be stored, on a clean response', async () => {
    const app = new Hono<Env>()
    const seen: unknown[] = []
    app.onError((error, c) => {
      seen.push(isSessionError(error) && error.code)
      c.header('x-handled', 'yes')
      return c.text('sorry')
    })
    app.use(session(house(brokenMemory())))
    app.get('/', (c) => {
      c.var.session.set('count', 1)
      c.header('x-secret', 'from the handler')
      c.status(201)
      setCookie(c, 'mine', '1')
      return c.redirect('/next')
    })
    app.get('/raw', (c) => {
      c.var.session.set('count', 1)
      setCookie(c, 'mine', '1')
      return new Response('done', { status: 201 })
    })
    for (const path of ['/', '/raw']) {
      const response = await clientOf(app).get(path)
      expect([response.status, await response.text(), response.headers.get('x-handled')]).toEqual([200, 'sorry', 'yes'])
      expect([response.headers.get('location'), response.headers.get('x-secret'), response.headers.get('set-cookie')]).toEqual([
        null,
        null,
        null,
      ])
    }
    expect(seen).toEqual(['ERR_SESSION_DRIVER_FAILED', 'ERR_SESSION_DRIVER_FAILED'])
  })

  it('ends the body of a response that could not be stored', async () => {
    let cancelled = false
    const app = new Hono<Env>().use(session(house(brokenMemory()))).get('/', (c) => {
      c.var.session.set('count', 1)
      return c.body(new ReadableStream({ cancel: () => void (cancelled = true) }))
    })
    expect((await clientOf(app).get('/')).status).toBe(503)
    expect(cancelled).toBe(true)
  })

  it('is answered with its status by Hono itself when it could not be opened, and tells nothing', async () => {
    const driver = memory()
    const sessions = house(driver)
    const app = new Hono<Env>().use(session(sessions)).get('/', (c) => c.text(String(c.var.session.increment('count'))))
    const client = clientOf(app)
    await client.get('/')
    driver.acquire = () => Promise.reject(new Error('the store is down'))
    const response = await client.get('/')
    expect([response.status, response.headers.get('retry-after'), await response.text()]).toEqual([503, '1', 'Service Unavailable'])
  })

  it('tells of a request that failed with what its handler threw, and keeps nothing of it', async () => {
    const sessions = house()
    const causes: unknown[] = []
    sessions.on('discarded', ({ cause }) => causes.push(cause))
    const thrown = new RangeError('broken')
    const app = new Hono<Env>()
    app.onError((_error, c) => c.text('sorry', 500))
    app.use(session(sessions))
    app.get('/', (c) => c.text(String(c.var.session.increment('count'))))
    app.get('/broken', (c) => {
      c.var.session.increment('count')
      throw thrown
    })
    const client = clientOf(app)
    await client.get('/')
    await client.get('/broken')
    expect(causes).toEqual([thrown])
    expect(await (await client.get('/')).text()).toBe('2')
  })

  it('keeps what a request set before an error that the application answers with less than 500', async () => {
    const app = new Hono<Env>()
    app.onError((_error, c) => c.text('try another', 422))
    app.use(session(house()))
    app.get('/', (c) => c.text(String(c.var.session.increment('count'))))
    app.get('/broken', (c) => {
      c.var.session.increment('count')
      throw new RangeError('broken')
    })
    const client = clientOf(app)
    expect((await client.get('/broken')).status).toBe(422)
    expect(await (await client.get('/')).text()).toBe('2')
  })

  it('gives the lock back when something is thrown that is no error, and when nobody answers', async () => {
    const sessions = house()
    const app = new Hono<Env>()
    app.onError((_error, c) => c.text('sorry', 500))
    app.use(session(sessions))
    app.get('/', (c) => c.text(String(c.var.session.increment('count'))))
    app.get('/text', (c) => {
      c.var.session.increment('count')
      throw 'text'
    })
    app.use('/nothing', async (c) => void c.var.session.increment('count'))
    const client = clientOf(app)
    await client.get('/')
    await expect(client.get('/text')).rejects.toBe('text')
    expect((await client.get('/nothing')).status).toBe(500)
    expect(await (await client.get('/')).text()).toBe('2')
  })

  it('is opened once where it is mounted twice, and refuses a name that is taken', async () => {
    const sessions = house()
    const app = new Hono<Env>()
    app.onError((error, c) => c.text(String(error), 500))
    app.use(session(sessions))
    app.use(session(sessions))
    app.use('/taken', session(house()))
    app.get('/*', (c) => c.text(String(c.var.session.increment('count'))))
    const client = clientOf(app)
    await client.get('/')
    expect(await (await client.get('/')).text()).toBe('2')
    expect(await (await client.get('/taken')).text()).toContain("'session' is taken")
  })

  it('is found by a mounted application’s handlers, and by what is below them', async () => {
    const sessions = house()
    const inner = new Hono<Env>().get('/', (c) => c.text(String(currentSession(sessions) === c.var.session)))
    const app = new Hono().use(session(sessions)).route('/inner', inner)
    expect(await (await clientOf(app).get('/inner')).text()).toBe('true')
  })

  it('takes the address that the application gives, through proxies that are trusted', async () => {
    const seen: unknown[] = []
    const app = new Hono<{ Variables: SessionVariables<Data>; Bindings: { address: string } }>()
      .use(session(house(), { trustProxy: 1, clientAddress: (c) => String(c.env.address) }))
      .get('/', (c) => {
        seen.push(c.var.session.ipAddress)
        return c.text('')
      })
    await app.request('/', { headers: { 'x-forwarded-for': '192.0.2.7' } }, { address: '198.51.100.1' })
    await app.request('/', {}, { address: '198.51.100.1' })
    expect(seen).toEqual(['192.0.2.7', '198.51.100.1'])
  })

  it('asks for the concurrency of each request', async () => {
    const app = new Hono<Env>()
      .use(session(house(), { concurrency: (c) => (c.req.method === 'GET' ? 'readonly' : 'exclusive') }))
      .all('/', (c) => c.text(c.var.session.mode))
    expect(await (await app.request('/')).text()).toBe('readonly')
    expect(await (await app.request('/', { method: 'PUT' })).text()).toBe('exclusive')
  })

  it('adds its cookie to a response whose headers cannot be changed', async () => {
    const app = new Hono<Env>().use(session(house())).get('/', (c) => {
      c.var.session.set('count', 1)
      return Response.redirect('https://test.example/home')
    })
    const response = await clientOf(app).get('/')
    expect([response.status, response.headers.get('location')]).toEqual([302, 'https://test.example/home'])
    expect(response.headers.getSetCookie()).toEqual([expect.stringContaining('ml_session=')])
  })

  it('adds its cookie beside those of a response that was fetched', async () => {
    const server = createServer((_request, response) => response.setHeader('set-cookie', 'theirs=1').end('fetched'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const app = new Hono<Env>().use(session(house())).get('/', async (c) => {
      c.var.session.set('count', 1)
      return await fetch(`http://127.0.0.1:${port}/`)
    })
    const response = await clientOf(app).get('/')
    expect(response.headers.getSetCookie()).toEqual(['theirs=1', expect.stringContaining('ml_session=')])
    expect(await response.text()).toBe('fetched')
    server.close()
  })

  it('keeps the headers of what was mounted before it', async () => {
    const app = new Hono<Env>().use(cors({ origin: 'https://shop.example' }), session(house())).get('/', (c) => {
      c.var.session.set('count', 1)
      return c.text('')
    })
    const response = await clientOf(app).get('/', { headers: { origin: 'https://shop.example' } })
    expect(response.headers.get('access-control-allow-origin')).toBe('https://shop.example')
    expect(response.headers.getSetCookie()).toHaveLength(1)
  })

  it('refuses options that it does not know or that cannot work', () => {
    for (const options of [{ exept: [] }, { concurrency: 'optimistic' }, { as: '' }, { trustProxy: 1 }, { onError: () => undefined }]) {
      expect(() => Reflect.apply(session, undefined, [house(), options])).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CONFIG' }))
    }
  })
})
