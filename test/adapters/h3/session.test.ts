import { H3, HTTPError, onError, onResponse } from 'h3'
import { describe, expect, it } from 'vitest'
import { csrf, csrfToken, logout, ownPages, requireFresh, session } from '../../../src/adapters/h3.ts'
import { currentSession } from '../../../src/context/index.ts'
import { MemoryDriver } from '../../../src/drivers/memory.ts'
import { SessionManager } from '../../../src/manager/session-manager.ts'
import { testClient } from '../../../src/testing/test-client.ts'
import type { TestClient } from '../../../src/testing/test-client.ts'
import { expectOwnPagesOnly } from '../other-sites.ts'

const memory = (): MemoryDriver => new MemoryDriver({ acknowledged: true })

function brokenMemory(): MemoryDriver {
  const driver = memory()
  driver.insert = () => Promise.reject(new Error('the store is down'))
  return driver
}

function house(driver = memory()): SessionManager {
  return new SessionManager({ driver })
}

function clientOf(app: H3): TestClient {
  return testClient((request: Request) => app.fetch(request))
}

/** An application that counts at `/`. */
function counter(sessions: SessionManager): H3 {
  const app = new H3({ silent: true }).use(session(sessions))
  return app.get('/', ({ context }) => String(context.session.increment('count')))
}

describe('session() for h3', () => {
  it('sends the cookie of what a save in the midst of a request has stored, also where the rest could not be', async () => {
    const driver = memory()
    const app = new H3({ silent: true }).use(session(house(driver)))
    app.get('/', async ({ context }) => {
      context.session.set('count', 1)
      await context.session.save()
      context.session.set('count', 2)
      driver.commit = () => Promise.reject(new Error('down'))
      return '2'
    })
    const response = await clientOf(app).get('/')
    expect([response.status, response.headers.getSetCookie().length]).toEqual([503, 1])
  })

  it('answers 503 with nothing of what could not be stored, and ends its body', async () => {
    let cancelled = false
    const app = new H3({ silent: true }).use(session(house(brokenMemory())))
    app.get('/', ({ context, res }) => {
      context.session.set('count', 1)
      res.headers.set('x-secret', 'from the handler')
      res.headers.append('set-cookie', 'mine=1')
      return new ReadableStream({ cancel: () => void (cancelled = true) })
    })
    const response = await clientOf(app).get('/')
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1'])
    expect([response.headers.get('x-secret'), response.headers.get('set-cookie')]).toEqual([null, null])
    expect(await response.text()).not.toContain('the store is down')
    expect(cancelled).toBe(true)
  })

  it('is refused in words that tell nothing when it could not be opened; the application’s onError knows why', async () => {
    const causes: unknown[] = []
    const driver = memory()
    const app = new H3({ silent: true, onError: ({ cause }) => void causes.push(cause) }).use(session(house(driver)))
    app.get('/', ({ context }) => String(context.session.increment('count')))
    const client = clientOf(app)
    await client.get('/')
    driver.acquire = () => Promise.reject(new Error('the store is down'))
    const response = await client.get('/')
    expect([response.status, await response.json()]).toEqual([503, { status: 503, message: 'Service Unavailable' }])
    expect(causes).toEqual([expect.objectContaining({ code: 'ERR_SESSION_DRIVER_FAILED' })])
  })

  it('keeps what a request set before an error of less than 500, and gives its cookie, which no cache keeps', async () => {
    const app = counter(house())
    app.get('/refused', ({ context }) => {
      context.session.increment('count')
      throw new HTTPError({ status: 404 })
    })
    const client = clientOf(app)
    const response = await client.get('/refused')
    expect([response.status, response.headers.get('cache-control')]).toEqual([404, 'no-store'])
    expect(await (await client.get('/')).text()).toBe('2')
  })

  it('gives its cookie with the 404 of a path that nobody serves', async () => {
    const app = new H3().use(session(house()))
    app.use(({ context }) => context.session.set('count', 1))
    const response = await clientOf(app).get('/nowhere')
    expect([response.status, response.headers.getSetCookie().length]).toEqual([404, 1])
  })

  it('keeps nothing of a request whose answer cannot be made, is an error, or is one of 500', async () => {
    const sessions = house()
    const discarded: unknown[] = []
    sessions.on('discarded', ({ cause }) => discarded.push(cause))
    const app = counter(sessions)
    const circular: Record<string, unknown> = {}
    circular['self'] = circular
    const answers: Record<string, () => unknown> = {
      circular: () => circular,
      error: () => new Error('broken'),
      unwell: () => new Response('sorry', { status: 500 }),
      thrown: () => {
        throw new RangeError('broken')
      },
    }
    app.get('/:kind', ({ context, url }) => {
      context.session.increment('count')
      return answers[url.pathname.slice(1)]?.()
    })
    const client = clientOf(app)
    await client.get('/')
    for (const kind of Object.keys(answers)) expect((await client.get(`/${kind}`)).status).toBe(500)
    expect(discarded).toHaveLength(4)
    expect(discarded[3]).toBeInstanceOf(RangeError)
    expect(await (await client.get('/')).text()).toBe('2')
  })

  it('lets an error go on to what is mounted around it, and its answer to the application once', async () => {
    const [errors, responses]: [unknown[], number[]] = [[], []]
    const app = new H3({ silent: true, onResponse: ({ status }) => void responses.push(status) })
    app.use(onError((error) => void errors.push(error.status)))
    app.use(onResponse(({ status }) => void responses.push(status)))
    app.use(session(house()))
    app.get('/', () => 'fine')
    app.get('/broken', () => {
      throw new RangeError('broken')
    })
    await clientOf(app).get('/')
    await clientOf(app).get('/broken')
    expect([errors, responses]).toEqual([[500], [200, 200, 500]])
  })

  it('is opened once where it is mounted twice, and refuses a name that is taken', async () => {
    const sessions = house()
    const causes: unknown[] = []
    const app = new H3({ silent: true, onError: ({ cause }) => void causes.push(cause) })
    app.use(session(sessions)).use(session(sessions)).use('/taken', session(house()))
    app.get('/**', ({ context }) => String(context.session.increment('count')))
    const client = clientOf(app)
    await client.get('/')
    expect(await (await client.get('/')).text()).toBe('2')
    expect((await client.get('/taken')).status).toBe(500)
    expect(causes).toEqual([expect.objectContaining({ message: expect.stringContaining("'session' is taken") })])
  })

  it('is found by what is below a handler, and knows the address that the application gives', async () => {
    const app = new H3().use(session(house(), { trustProxy: 1, clientAddress: ({ req }) => req.headers.get('x-socket') ?? undefined }))
    app.get('/', ({ context }) => `${currentSession() === context.session} ${context.session.ipAddress}`)
    const headers = { 'x-socket': '198.51.100.1', 'x-forwarded-for': '192.0.2.7' }
    expect(await (await clientOf(app).get('/', { headers })).text()).toBe('true 192.0.2.7')
  })

  it('refuses options that it does not know or that cannot work', () => {
    for (const options of [{ exept: [] }, { concurrency: 'optimistic' }, { as: '' }, { trustProxy: 1 }, { onError: () => undefined }]) {
      expect(() => Reflect.apply(session, undefined, [house(), options])).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CONFIG' }))
    }
  })
})

describe('the guards for h3', () => {
  it('say what their answers depend on, refused or not, and hand scripts the token', async () => {
    const app = new H3({ silent: true }).use(session(house())).use(csrf({ tokens: 'fallback', cookie: true }))
    app.post('/', ({ context }) => context.session.token())
    const client = clientOf(app)
    const passed = await client.post('/', { headers: { 'sec-fetch-site': 'same-origin' } })
    expect([passed.status, passed.headers.get('vary')]).toEqual([200, 'Sec-Fetch-Site, Origin'])
    expect(
      passed.headers
        .getSetCookie()
        .map((line) => line.split('=', 1)[0])
        .toSorted(),
    ).toEqual(['XSRF-TOKEN', '__Host-ml_session'])
    const refused = await client.post('/', { headers: { 'sec-fetch-site': 'cross-site' } })
    expect([refused.status, refused.headers.get('vary'), await refused.json()]).toEqual([
      403,
      'Sec-Fetch-Site, Origin',
      { status: 403, message: 'Forbidden' },
    ])
  })

  it('look at the session that was opened first', async () => {
    const staff = new SessionManager({ driver: memory(), name: 'staff' })
    const app = new H3({ silent: true })
      .use(session(house()))
      .use(session(staff, { as: 'staff' }))
      .use(csrf())
    app.get('/', ({ context }) => csrfToken(context.session))
    app.post('/', () => 'done')
    const client = clientOf(app)
    const token = await (await client.get('/')).text()
    expect((await client.post('/', { headers: { 'x-csrf-token': token } })).status).toBe(200)
  })

  it('refuse pages of other sites and old logins, and tell of it', async () => {
    const sessions = house()
    const reasons: unknown[] = []
    sessions.on('refused', ({ reason }) => reasons.push(reason))
    const app = new H3({ silent: true }).use(session(sessions))
    app.get('/own', () => 'own', { middleware: [ownPages()] })
    app.get('/fresh', () => 'fresh', { middleware: [requireFresh()] })
    const client = clientOf(app)
    await expectOwnPagesOnly(client)
    expect((await client.get('/fresh')).status).toBe(403)
    expect(reasons).toEqual(['cross-site', 'not-fresh'])
  })

  it('say so where there is no session, and pass where there is meant to be none', async () => {
    const causes: string[] = []
    const app = new H3({ silent: true, onError: ({ cause }) => void causes.push(String(cause)) })
    app.get('/fresh', () => '', { middleware: [requireFresh()] })
    app.get('/own', () => '', { middleware: [ownPages()] })
    app.post('/logout', logout())
    app.post('/save', () => '', { middleware: [csrf()] })
    const routes = [
      ['GET', '/fresh'],
      ['GET', '/own'],
      ['POST', '/logout'],
      ['POST', '/save'],
    ] as const
    for (const [method, path] of routes) expect((await app.request(path, { method })).status).toBe(500)
    expect(causes.map((cause) => /there is no session/.test(cause))).toEqual([true, true, true, true])
    const excepted = new H3()
      .use(session(house(), { except: ['/hook'] }))
      .use(csrf({ except: ['/hook'] }))
      .post('/hook', () => 'done')
    expect((await excepted.request('/hook', { method: 'POST' })).status).toBe(200)
  })

  it('log nobody out by a link', async () => {
    const app = counter(house())
    app.all('/logout', logout())
    const client = clientOf(app)
    await client.get('/')
    expect((await client.get('/logout')).status).toBe(405)
    expect(await (await client.get('/')).text()).toBe('2')
    const done = await client.post('/logout')
    expect([done.status, done.headers.get('set-cookie')]).toEqual([204, expect.stringContaining('Max-Age=0')])
  })
})
