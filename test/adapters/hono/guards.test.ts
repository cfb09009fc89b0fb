import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { csrf, csrfToken, logout, ownPages, requireFresh, session } from '../../../src/adapters/hono.ts'
import type { SessionVariables } from '../../../src/adapters/hono.ts'
import { MemoryDriver } from '../../../src/drivers/memory.ts'
import { SessionManager } from '../../../src/manager/session-manager.ts'
import { testClient } from '../../../src/testing/test-client.ts'
import type { TestClient } from '../../../src/testing/test-client.ts'
import { expectOwnPagesOnly } from '../other-sites.ts'

interface Data {
  count: number
}

interface Env {
  Variables: SessionVariables<Data>
}

const memory = (): MemoryDriver => new MemoryDriver({ acknowledged: true })

function house(driver = memory()): SessionManager<Data> {
  return new SessionManager<Data>({ driver })
}

function clientOf(app: { fetch: (request: Request) => Response | Promise<Response> }): TestClient {
  return testClient((request: Request) => app.fetch(request))
}

describe('the guards for Hono', () => {
  it('read a form that was parsed before them, a token that came twice included', async () => {
    const app = new Hono<Env>().use(session(house()))
    app.get('/', (c) => c.text(csrfToken(c.var.session)))
    app.use(async (c, next) => {
      await c.req.parseBody()
      await next()
    })
    app.use(csrf())
    app.post('/', (c) => c.text('done'))
    const page = await app.request('/')
    const [token, cookie] = [await page.text(), page.headers.get('set-cookie')?.split(';', 1)[0] ?? '']
    const headers = { cookie, 'sec-fetch-site': 'same-origin' }
    const post = async (fields: string[][]): Promise<Response> =>
      await app.request('/', { method: 'POST', headers, body: new URLSearchParams(fields) })
    expect((await post([['_csrf', token]])).status).toBe(200)
    expect((await post([['_csrf', 'x'.repeat(token.length)]])).status).toBe(403)
    expect(
      (
        await post([
          ['_csrf', token],
          ['_csrf', token],
        ])
      ).status,
    ).toBe(403)
    expect((await post([])).status).toBe(403)
  })

  it('say what their answers depend on, refused or not, and hand scripts the token', async () => {
    const app = new Hono<Env>().use(session(house()), csrf({ tokens: 'fallback', cookie: true }))
    app.all('/', (c) => {
      c.var.session.token()
      return new Response('done')
    })
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
    expect([refused.status, refused.headers.get('vary'), await refused.text()]).toEqual([403, 'Sec-Fetch-Site, Origin', 'Forbidden'])
  })

  it('hand scripts no token with an answer of 500, since the session that has it was not stored', async () => {
    const app = new Hono<Env>().use(session(house()), csrf({ cookie: true })).get('/', (c) => {
      c.var.session.token()
      return c.text('sorry', 500)
    })
    expect((await clientOf(app).get('/')).headers.getSetCookie()).toEqual([])
  })

  it('leave it to Hono to complain of a handler that gave no response', async () => {
    const app = new Hono<Env>().use(session(house()), csrf({ tokens: 'fallback' }), ownPages())
    app.all('*', async (c) => void c.var.session.increment('count'))
    app.onError((error, c) => c.text(error.message, 500))
    const answer = await app.request('/', { method: 'POST', headers: { 'sec-fetch-site': 'same-origin' } })
    expect([answer.status, await answer.text()]).toEqual([500, expect.stringContaining('Context is not finalized')])
    expect(answer.headers.getSetCookie()).toEqual([])
  })

  it('look at the session that was opened first', async () => {
    const staff = new SessionManager({ driver: memory(), name: 'staff' })
    const app = new Hono<Env>().use(session(house()), session(staff, { as: 'staff' }), csrf())
    app.get('/', (c) => c.text(csrfToken(c.var.session)))
    app.post('/', (c) => c.text('done'))
    const client = clientOf(app)
    const token = await (await client.get('/')).text()
    expect((await client.post('/', { headers: { 'x-csrf-token': token } })).status).toBe(200)
  })

  it('refuse pages of other sites, and tell of it', async () => {
    const sessions = house()
    const reasons: unknown[] = []
    sessions.on('refused', ({ reason }) => reasons.push(reason))
    const app = new Hono<Env>().use(session(sessions))
    app.get('/own', ownPages(), () => new Response('own'))
    app.get('/fresh', requireFresh(), () => new Response('fresh'))
    const client = clientOf(app)
    await expectOwnPagesOnly(client)
    expect((await client.get('/fresh')).status).toBe(403)
    expect(reasons).toEqual(['cross-site', 'not-fresh'])
  })

  it('let no page of another site open a WebSocket (ASVS-4.4.2)', async () => {
    const app = new Hono<Env>().use(session(house(), { except: ['/public'] }), csrf({ except: ['/open'] }))
    app.get('*', (c) => c.text('upgraded'))
    const open = async (path: string, headers: Record<string, string>): Promise<number> =>
      (await app.request(`https://app.example${path}`, { headers: { upgrade: 'websocket', ...headers } })).status
    expect(await open('/', { origin: 'https://other.example' })).toBe(403)
    expect(await open('/', { 'sec-fetch-site': 'same-site', origin: 'https://app.example' })).toBe(403)
    expect(await open('/', { origin: 'https://app.example' })).toBe(200)
    expect(await open('/', {})).toBe(200)
    for (const path of ['/open', '/public']) expect(await open(path, { origin: 'https://other.example' }), path).toBe(200)
  })

  it('say so where there is no session, and pass where there is meant to be none', async () => {
    const app = new Hono()
    app.onError((error, c) => c.text(error.message, 500))
    app.get('/fresh', requireFresh(), (c) => c.text(''))
    app.get('/own', ownPages(), (c) => c.text(''))
    app.post('/logout', logout())
    app.post('/save', csrf(), (c) => c.text(''))
    for (const [method, path, name] of [
      ['GET', '/fresh', 'requireFresh'],
      ['GET', '/own', 'ownPages'],
      ['POST', '/logout', 'logout'],
      ['POST', '/save', 'csrf'],
    ] as const) {
      const response = await app.request(path, { method })
      expect([response.status, await response.text()]).toEqual([500, expect.stringContaining(`'${name}'`)])
    }
    const excepted = new Hono()
      .use(session(house(), { except: ['/hook'] }), csrf({ except: ['/hook'] }))
      .post('/hook', (c) => c.text('done'))
    expect((await excepted.request('/hook', { method: 'POST' })).status).toBe(200)
  })

  it('log nobody out by a link', async () => {
    const app = new Hono<Env>().use(session(house())).get('/', (c) => c.text(String(c.var.session.increment('count'))))
    app.all('/logout', logout())
    const client = clientOf(app)
    await client.get('/')
    expect((await client.get('/logout')).status).toBe(405)
    expect(await (await client.get('/')).text()).toBe('2')
    const done = await client.post('/logout')
    expect([done.status, done.headers.get('set-cookie')]).toEqual([204, expect.stringContaining('Max-Age=0')])
  })
})
