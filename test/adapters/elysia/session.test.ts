import { Elysia } from 'elysia'
import { describe, expect, it } from 'vitest'
import { csrf, csrfToken, ElysiaSessionError, logout, ownPages, requireFresh, session } from '../../../src/adapters/elysia.ts'
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

function clientOf(app: { handle: (request: Request) => Promise<Response> }): TestClient {
  return testClient((request: Request) => app.handle(request))
}

describe('session() for Elysia', () => {
  it('answers 503 with nothing of what could not be stored, and ends its body', async () => {
    let cancelled = false
    const app = new Elysia().use(session(house(brokenMemory()))).get('/', ({ session: visitor, set, cookie }) => {
      visitor.set('count', 1)
      set.headers['x-secret'] = 'from the handler'
      cookie['mine']?.set({ value: '1' })
      return new Response(new ReadableStream({ cancel: () => void (cancelled = true) }))
    })
    const response = await clientOf(app).get('/')
    expect([response.status, response.headers.get('retry-after'), response.headers.get('cache-control')]).toEqual([503, '1', 'no-store'])
    expect([response.headers.get('x-secret'), response.headers.get('set-cookie')]).toEqual([null, null])
    expect(await response.text()).toBe('Service Unavailable')
    expect(cancelled).toBe(true)
  })

  it('lets the application answer what could not be opened or stored, with its code and its cause', async () => {
    const driver = memory()
    const seen: unknown[] = []
    const app = new Elysia()
      .use(session(house(driver)))
      .onError(({ code, error, status }) => {
        if (error instanceof ElysiaSessionError) seen.push([code, error.cause.code])
        return status(error instanceof ElysiaSessionError ? error.status : 500, { sorry: code })
      })
      .get('/', ({ session: visitor }) => String(visitor.increment('count')))
    const client = clientOf(app)
    await client.get('/')
    driver.commit = () => Promise.reject(new Error('the store is down'))
    const stored = await client.get('/')
    driver.acquire = () => Promise.reject(new Error('the store is down'))
    const opened = await client.get('/')
    for (const response of [stored, opened]) {
      expect([response.status, await response.json()]).toEqual([503, { sorry: 'ERR_SESSION_DRIVER_FAILED' }])
    }
    expect(seen).toEqual(Array.from({ length: 2 }, () => ['ERR_SESSION_DRIVER_FAILED', 'ERR_SESSION_DRIVER_FAILED']))
  })

  it('runs no route a second time when a commit fails', async () => {
    let runs = 0
    const app = new Elysia().use(session(house(brokenMemory()))).get('/', ({ session: visitor }) => {
      runs += 1
      return String(visitor.increment('count'))
    })
    expect((await clientOf(app).get('/')).status).toBe(503)
    expect(runs).toBe(1)
  })

  it('sends no answer that a hook before it gives, such as a cached one, for what could not be stored', async () => {
    const cache = new Map<string, string>()
    const app = new Elysia()
      .onRequest(({ request }) => cache.get(request.url))
      .use(session(house(brokenMemory())))
      .get('/', ({ session: visitor, request }) => {
        cache.set(request.url, 'done')
        return String(visitor.increment('count'))
      })
    const response = await clientOf(app).get('/')
    expect([response.status, await response.text()]).toEqual([503, 'Service Unavailable'])
  })

  it('is stored after every hook of the application, whichever was added after it', async () => {
    const sessions = house()
    const app = new Elysia()
      .use(session(sessions))
      .onAfterHandle(({ session: visitor }) => {
        visitor.set('after', true)
      })
      .mapResponse(({ session: visitor, responseValue, set }) => {
        visitor.set('mapped', true)
        set.headers['x-mapped'] = 'yes'
        return new Response(`mapped ${String(responseValue)}`)
      })
      .get('/', () => 'text')
      .get('/read', ({ session: visitor }) => JSON.stringify([visitor.get('after'), visitor.get('mapped')]))
    const client = clientOf(app)
    const response = await client.get('/')
    expect([await response.text(), response.headers.get('x-mapped')]).toEqual(['mapped text', 'yes'])
    expect(await (await client.get('/read')).text()).toBe('mapped [true,true]')
  })

  it('is there for hooks before the route, and for error handlers', async () => {
    const app = new Elysia()
      .use(session(house()))
      .onRequest(({ session: visitor }) => void visitor.increment('requests'))
      .onError((context) => `sorry after ${String('session' in context && context.session.get('requests'))}`)
      .get('/throw', () => {
        throw new Error('oops')
      })
      .get('/', ({ session: visitor }) => String(visitor.get('requests')))
    const client = clientOf(app)
    expect(await (await client.get('/')).text()).toBe('1')
    expect(await (await client.get('/throw')).text()).toBe('sorry after 2')
    // The failed request stored nothing.
    expect(await (await client.get('/')).text()).toBe('2')
  })

  it('tells the manager’s listeners which error a failed request met', async () => {
    const sessions = house()
    const causes: unknown[] = []
    sessions.on('discarded', ({ cause }) => void causes.push(cause))
    const oops = new Error('oops')
    const app = new Elysia().use(session(sessions)).get('/', ({ session: visitor }) => {
      visitor.set('n', 1)
      throw oops
    })
    await clientOf(app).get('/')
    expect(causes).toEqual([oops])
  })

  it('used twice, on the application and in a part of it, is one session', async () => {
    const sessions = house()
    const part = new Elysia({ prefix: '/part' })
      .use(session(sessions))
      .get('/', ({ session: visitor }) => String(visitor.increment('count')))
    const app = new Elysia().use(session(sessions)).use(part)
    const client = clientOf(app)
    expect([await (await client.get('/part')).text(), await (await client.get('/part')).text()]).toEqual(['1', '2'])
  })

  it('of two managers under one name is refused', async () => {
    const app = new Elysia()
      .use(session(house()))
      .use(session(house()))
      .get('/', () => 'text')
    expect((await clientOf(app).get('/')).status).toBe(500)
  })

  it('says that it cannot be around an application that Elysia does not compile', async () => {
    const messages: string[] = []
    const app = new Elysia({ aot: false })
      .use(session(house()))
      .onError(({ error }) => {
        if (error instanceof ElysiaSessionError) messages.push(error.cause.message)
      })
      .get('/', () => 'text')
    expect((await clientOf(app).get('/')).status).toBe(500)
    expect(messages).toEqual([expect.stringContaining("'aot: false'")])
  })

  it('has answers that Elysia made at the start, such as fixed texts, carry the cookie', async () => {
    const app = new Elysia()
      .use(session(house()))
      .onRequest(({ session: visitor }) => void visitor.increment('requests'))
      .get('/', 'always the same')
    const client = clientOf(app)
    const first = await client.get('/')
    expect([await first.text(), first.headers.get('set-cookie')]).toEqual(['always the same', expect.stringContaining('ml_session=')])
    expect((await client.get('/')).headers.get('set-cookie')).toBe(null)
  })

  it('is the current session of what the handler calls', async () => {
    const app = new Elysia().use(session(house())).get('/', ({ session: visitor }) => String(currentSession() === visitor))
    expect(await (await clientOf(app).get('/')).text()).toBe('true')
  })
})

describe('the guards for Elysia', () => {
  it('leave the body to the handler, parsed as it would be without them', async () => {
    const sessions = house()
    const app = new Elysia()
      .use(session(sessions))
      .use(csrf())
      .get('/', ({ session: visitor }) => csrfToken(visitor))
      .post('/parsed', ({ body }) => JSON.stringify(body))
      .post('/unread', async ({ request }) => String(new URLSearchParams(await request.text()).get('name')))
    const client = testClient((request: Request) => app.handle(request))
    const token = await (await client.get('/')).text()
    const form = { _csrf: token, name: 'Ada' }
    expect(JSON.parse(await (await client.post('/parsed', { form })).text())).toEqual(form)
    expect(await (await client.post('/unread', { form })).text()).toBe('Ada')
    expect((await client.post('/parsed', { form: { name: 'Ada' } })).status).toBe(403)
    const json = await client.post('/parsed', { json: { name: 'Ada' }, headers: { 'x-csrf-token': token } })
    expect(await json.json()).toEqual({ name: 'Ada' })
  })

  it('say what their answers depend on, and hand scripts the token', async () => {
    const app = new Elysia()
      .use(session(house()))
      .use(csrf({ cookie: true }))
      .get('/', ({ session: visitor }) => csrfToken(visitor))
      .post('/', () => 'done')
    const client = clientOf(app)
    const page = await client.get('/')
    expect(page.headers.getSetCookie().map((line) => line.split('=', 1)[0])).toEqual(['XSRF-TOKEN', '__Host-ml_session'])
    const refused = await client.post('/')
    expect([refused.status, await refused.text(), refused.headers.get('vary')]).toEqual([
      403,
      'Forbidden',
      expect.stringContaining('Sec-Fetch-Site'),
    ])
  })

  it('let no page of another site open a WebSocket (ASVS-4.4.2)', async () => {
    const sessions = house()
    const reasons: unknown[] = []
    sessions.on('refused', ({ reason }) => reasons.push(reason))
    const app = new Elysia()
      .use(session(sessions))
      .use(csrf({ except: ['/open'] }))
      .get('/socket', () => 'upgraded')
      .get('/open', () => 'upgraded')
    const asked = async (path: string, headers: Record<string, string>): Promise<number> => {
      const request = new Request(`https://app.example${path}`, { headers: { upgrade: 'websocket', ...headers } })
      return (await app.handle(request)).status
    }
    expect(await asked('/socket', { origin: 'https://evil.example' })).toBe(403)
    expect(await asked('/socket', { 'sec-fetch-site': 'cross-site' })).toBe(403)
    expect(await asked('/socket', { origin: 'https://app.example' })).toBe(200)
    expect(await asked('/socket', {})).toBe(200)
    expect(await asked('/open', { origin: 'https://evil.example' })).toBe(200)
    expect(reasons).toEqual(['csrf', 'csrf'])
  })

  it('without a session fail and say so', async () => {
    const causes: string[] = []
    const app = new Elysia()
      .onError(({ error }) => {
        if (error instanceof ElysiaSessionError) causes.push(error.cause.message)
      })
      .use(csrf())
      .get('/', () => 'text')
    expect((await clientOf(app).post('/')).status).toBe(500)
    const other = new Elysia()
      .onError(({ error }) => {
        if (error instanceof ElysiaSessionError) causes.push(error.cause.message)
      })
      .get('/fresh', () => 'text', { beforeHandle: requireFresh() })
      .post('/logout', logout())
    expect((await clientOf(other).get('/fresh')).status).toBe(500)
    expect((await clientOf(other).post('/logout')).status).toBe(500)
    expect(causes).toEqual([
      expect.stringContaining('Put csrf() inside session()'),
      expect.stringContaining('Put requireFresh() inside session()'),
      expect.stringContaining('Put logout() inside session()'),
    ])
  })

  it('let pass what both except', async () => {
    const app = new Elysia()
      .use(session(house(), { except: ['/hook'] }))
      .use(csrf({ except: ['/hook'] }))
      .post('/hook', (context: { readonly session?: object }) => (context.session === undefined ? 'none' : 'some'))
    const response = await clientOf(app).post('/hook', { csrf: false })
    expect([response.status, await response.text()]).toEqual([200, 'none'])
  })

  it('ownPages() refuses other sites’ requests, for a route or for a group', async () => {
    const app = new Elysia().use(session(house())).guard({ beforeHandle: ownPages() }, (inner) => inner.get('/own', () => 'own'))
    await expectOwnPagesOnly(clientOf(app))
  })

  it('logout() ends the session by POST alone', async () => {
    const sessions = house()
    const app = new Elysia()
      .use(session(sessions))
      .get('/', ({ session: visitor }) => String(visitor.increment('count')))
      .all('/logout', logout({ redirect: '/' }))
    const client = clientOf(app)
    await client.get('/')
    const asked = await client.get('/logout')
    expect([asked.status, asked.headers.get('allow')]).toEqual([405, 'POST'])
    expect(await (await client.get('/')).text()).toBe('2')
    expect((await client.post('/logout')).status).toBe(303)
    expect(await (await client.get('/')).text()).toBe('1')
  })
})
