import { describe, expect, it } from 'vitest'
import { csrf, csrfToken, logout, ownPages, requireFresh, session, sessionContext } from '../../../src/adapters/react-router.ts'
import { MemoryDriver } from '../../../src/drivers/memory.ts'
import { SessionManager } from '../../../src/manager/session-manager.ts'
import { testClient } from '../../../src/testing/test-client.ts'
import { expectOwnPagesOnly } from '../other-sites.ts'
import { application } from './application.ts'
import type { TestRoute } from './application.ts'

function house(): SessionManager {
  return new SessionManager({ driver: new MemoryDriver({ acknowledged: true }) })
}

const Page = (): null => null

describe('the guards for React Router', () => {
  it('refuse a form of a page, and its data, in the page’s ErrorBoundary; the form stays readable where it is let in', async () => {
    const sessions = house()
    const save: TestRoute = {
      action: async ({ request }) => new URLSearchParams(await request.text()).get('name'),
      loader: ({ context }) => csrfToken(context.get(sessionContext(sessions))),
    }
    const app = application([session(sessions), csrf()], { '/page': { ...save, default: Page }, '/resource': save })
    const client = testClient(app)
    const token = await (await client.get('/resource')).text()
    const refused = await client.post('/page', { form: { name: 'Ada' } })
    expect([refused.status, await refused.text()]).toEqual([403, expect.stringContaining('Refused 403 Forbidden')])
    expect((await client.post('/page.data', { form: { name: 'Ada' } })).status).toBe(403)
    const passed = await client.post('/page.data', { form: { name: 'Ada', _csrf: token } })
    expect([passed.status, await passed.text()]).toEqual([200, expect.stringContaining('Ada')])
    expect(await (await client.post('/resource', { form: { name: 'Ada', _csrf: token } })).text()).toBe('Ada')
    expect(app.errors).toEqual([])
  })

  it('say what their answers depend on, refused or not, of a page too, and hand scripts the token', async () => {
    const sessions = house()
    const action: TestRoute['action'] = ({ context }) => context.get(sessionContext(sessions)).token()
    const app = application([session(sessions), csrf({ tokens: 'fallback', cookie: true })], {
      '/resource': { action },
      '/page': { action, default: Page },
    })
    const client = testClient(app)
    for (const path of ['/resource', '/page']) {
      const passed = await client.post(path, { headers: { 'sec-fetch-site': 'same-origin' } })
      expect([passed.status, passed.headers.get('vary')]).toEqual([200, 'Sec-Fetch-Site, Origin'])
      expect(passed.headers.getSetCookie().some((line) => line.startsWith('XSRF-TOKEN='))).toBe(true)
      const refused = await client.post(path, { headers: { 'sec-fetch-site': 'cross-site' } })
      expect([refused.status, refused.headers.get('vary')]).toEqual([403, 'Sec-Fetch-Site, Origin'])
    }
  })

  it('refuse pages of other sites and old logins, and tell of it', async () => {
    const sessions = house()
    const reasons: unknown[] = []
    sessions.on('refused', ({ reason }) => reasons.push(reason))
    const app = application([session(sessions)], {
      '/own': { middleware: [ownPages()], loader: () => 'own' },
      '/fresh': { middleware: [requireFresh()], loader: () => 'fresh' },
    })
    const client = testClient(app)
    await expectOwnPagesOnly(client)
    expect((await client.get('/fresh')).status).toBe(403)
    expect(reasons).toEqual(['cross-site', 'not-fresh'])
  })

  it('ask session()’s onError how to answer, which may lead to the login', async () => {
    const onError = (): Response => new Response(null, { status: 302, headers: { location: '/login' } })
    const app = application([session(house(), { onError })], {
      '/fresh': { middleware: [requireFresh()], loader: () => '', default: Page },
    })
    const response = await testClient(app).get('/fresh')
    expect([response.status, response.headers.get('location')]).toEqual([302, '/login'])
  })

  it('say so where there is no session, and pass where there is meant to be none', async () => {
    const app = application([], {
      '/fresh': { middleware: [requireFresh()], loader: () => '' },
      '/own': { middleware: [ownPages()], loader: () => '' },
      '/logout': { action: logout() },
      '/save': { middleware: [csrf()], action: () => '' },
    })
    const client = testClient(app)
    for (const path of ['/fresh', '/own']) expect((await client.get(path)).status).toBe(500)
    for (const path of ['/logout', '/save']) expect((await client.post(path)).status).toBe(500)
    expect(app.errors.map((error) => /there is no session/.test(String(error)))).toEqual([true, true, true, true])
    const excepted = application([session(house(), { except: ['/hook'] }), csrf({ except: ['/hook'] })], {
      '/hook': { action: () => 'done' },
    })
    expect((await testClient(excepted).post('/hook')).status).toBe(200)
  })

  it('log out from a resource route, from a page and from its data, and tell the browser what to forget', async () => {
    const sessions = house()
    const loader: TestRoute['loader'] = ({ context }) => String(context.get(sessionContext(sessions)).increment('count'))
    const action = logout({ clearSiteData: ['storage'] })
    const app = application([session(sessions)], { '/count': { loader }, '/page': { action, default: Page }, '/resource': { action } })
    for (const path of ['/page', '/page.data', '/resource']) {
      const client = testClient(app)
      await client.get('/count')
      const done = await client.post(path)
      expect([done.status, done.headers.get('clear-site-data'), done.headers.get('set-cookie')]).toEqual([
        204,
        '"storage"',
        expect.stringContaining('Max-Age=0'),
      ])
      expect(await (await client.get('/count')).text()).toBe('1')
    }
  })

  it('log nobody out by another method', async () => {
    const sessions = house()
    const loader: TestRoute['loader'] = ({ context }) => String(context.get(sessionContext(sessions)).increment('count'))
    const client = testClient(application([session(sessions)], { '/count': { loader }, '/logout': { action: logout() } }))
    await client.get('/count')
    expect((await client.request('DELETE', '/logout')).status).toBe(405)
    expect((await client.get('/logout')).status).toBe(400)
    expect(await (await client.get('/count')).text()).toBe('2')
  })
})
