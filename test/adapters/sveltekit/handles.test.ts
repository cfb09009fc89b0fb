import type { Cookies, RequestEvent } from '@sveltejs/kit'
import { describe, expect, it } from 'vitest'
import { csrf, csrfToken, logout, logoutAction, ownPages, requireFresh, session } from '../../../src/adapters/sveltekit.ts'
import type { Handle } from '../../../src/adapters/sveltekit.ts'
import { currentSession } from '../../../src/context/index.ts'
import { MemoryDriver } from '../../../src/drivers/memory.ts'
import { SessionManager } from '../../../src/manager/session-manager.ts'
import { testClient } from '../../../src/testing/test-client.ts'
import type { TestClient } from '../../../src/testing/test-client.ts'
import { expectOwnPagesOnly } from '../other-sites.ts'

const memory = (): MemoryDriver => new MemoryDriver({ acknowledged: true })

function house(driver = memory()): SessionManager {
  return new SessionManager({ driver })
}

type Answer = (event: RequestEvent) => Response | Promise<Response>

/** What SvelteKit hands its handles, as far as these look at it. The rest is tested in an application that SvelteKit has built. */
function eventOf(request: Request, more: Partial<RequestEvent> = {}): RequestEvent {
  const url = new URL(request.url)
  const known: Partial<RequestEvent> = {
    request,
    url,
    route: { id: '/' },
    getClientAddress: () => '198.51.100.1',
    cookies: {} as Cookies,
    isDataRequest: false,
    isSubRequest: false,
    isRemoteRequest: false,
  }
  // Each request has its own.
  return Object.assign({ locals: {} }, known, more) as RequestEvent
}

/** An application whose handles come in this order. */
function app(handles: readonly Handle[], answer: Answer, more?: Partial<RequestEvent>): (request: Request) => Promise<Response> {
  const resolve = handles.reduceRight<(event: RequestEvent) => Promise<Response>>(
    (next, handle) => (event) => handle({ event, resolve: next }),
    async (event) => answer(event),
  )
  return (request) => resolve(eventOf(request, more))
}

function clientOf(handles: readonly Handle[], answer: Answer, more?: Partial<RequestEvent>): TestClient {
  return testClient(app(handles, answer, more))
}

const count: Answer = ({ locals }) => new Response(String(locals.session.increment('count')))

describe('session() for SvelteKit', () => {
  it('knows the address that the adapter gives, another if it is told, and none where there is none', async () => {
    const address: Answer = ({ locals }) => new Response(String(locals.session.ipAddress))
    const unknown = (): string => {
      throw new Error('this adapter knows no addresses')
    }
    expect(await (await clientOf([session(house())], address).get('/')).text()).toBe('198.51.100.1')
    expect(await (await clientOf([session(house(), { clientAddress: () => '192.0.2.7' })], address).get('/')).text()).toBe('192.0.2.7')
    expect(await (await clientOf([session(house())], address, { getClientAddress: unknown }).get('/')).text()).toBe('undefined')
    const headers = { 'x-forwarded-for': '192.0.2.9' }
    expect(await (await clientOf([session(house(), { trustProxy: 1 })], address).get('/', { headers })).text()).toBe('192.0.2.9')
  })

  it('answers as onError says, also what a guard refuses', async () => {
    const driver = memory()
    const onError = ({ code }: { readonly code: string }): Response => new Response(code, { status: 418 })
    const client = clientOf([session(house(driver), { onError }), csrf()], count)
    expect(await (await client.post('/')).text()).toBe('ERR_SESSION_CSRF')
    driver.insert = () => Promise.reject(new Error('the store is down'))
    const response = await client.get('/')
    expect([response.status, await response.text()]).toEqual([418, 'ERR_SESSION_DRIVER_FAILED'])
  })

  it('lets onError lead on by what SvelteKit’s redirect() throws, and keeps what was set', async () => {
    const sessions = house()
    const away = { status: 303, location: '/login' }
    const onError = (): never => {
      throw away
    }
    const setting: Handle = ({ event, resolve }) => {
      event.locals.session.increment('count')
      return Promise.resolve(resolve(event))
    }
    const handles = [session(sessions, { onError }), setting, requireFresh({ routes: ['/'] })]
    const client = clientOf([session(sessions)], count)
    await client.get('/')
    const headers = { cookie: client.jar.header('/') ?? '' }
    await expect(app(handles, count)(new Request('https://test.example/', { headers }))).rejects.toBe(away)
    expect(await (await client.get('/')).text()).toBe('3')
  })

  it('sends the cookie of what a save in the midst of a request has stored, also where the rest could not be', async () => {
    const driver = memory()
    const client = clientOf([session(house(driver))], async ({ locals: { session: visitor } }) => {
      visitor.set('count', 1)
      await visitor.save()
      visitor.set('count', 2)
      driver.commit = () => Promise.reject(new Error('down'))
      return new Response('2')
    })
    const response = await client.get('/')
    expect([response.status, response.headers.getSetCookie().length]).toEqual([503, 1])
  })

  it('ends a body that is not true, since it could not be stored', async () => {
    let cancelled = false
    const driver = memory()
    driver.insert = () => Promise.reject(new Error('the store is down'))
    const client = clientOf([session(house(driver))], ({ locals }) => {
      locals.session.set('count', 1)
      return new Response(new ReadableStream({ cancel: () => void (cancelled = true) }))
    })
    expect([(await client.get('/')).status, cancelled]).toEqual([503, true])
  })

  it('is opened once where it is mounted twice, and refuses a name that is taken', async () => {
    const sessions = house()
    const client = clientOf([session(sessions), session(sessions)], count)
    await client.get('/')
    expect(await (await client.get('/')).text()).toBe('2')
    const taken = app([session(sessions), session(house())], count)
    await expect(taken(new Request('https://app.example/'))).rejects.toThrow("'session' is taken")
  })

  it('is found by what is below a handler', async () => {
    const client = clientOf([session(house())], ({ locals }) => new Response(String(currentSession() === locals.session)))
    expect(await (await client.get('/')).text()).toBe('true')
  })

  it('refuses options that it does not know or that cannot work', () => {
    const wrong = [{ exept: [] }, { concurrency: 'optimistic' }, { as: '' }, { clientAddress: 'me' }, { onError: 'sorry' }]
    for (const options of wrong) {
      expect(() => Reflect.apply(session, undefined, [house(), options])).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CONFIG' }))
    }
    for (const routes of [['account'], [7], 'all', ['/account/'], [undefined], []]) {
      expect(() => Reflect.apply(requireFresh, undefined, [{ routes }])).toThrow("'requireFresh.routes'")
    }
    expect(() => Reflect.apply(logoutAction, undefined, [{ redirect: '/' }])).toThrow("'logoutAction.redirect'")
    expect(() => Reflect.apply(logoutAction, undefined, [{ after: '/' }])).toThrow("'logoutAction.after'")
  })
})

describe('the guards for SvelteKit', () => {
  it('say what their answers depend on, refused or not, and hand scripts the token', async () => {
    const client = clientOf([session(house()), csrf({ tokens: 'fallback', cookie: true })], ({ locals }) => {
      locals.session.token()
      return new Response('done')
    })
    const passed = await client.post('/', { headers: { 'sec-fetch-site': 'same-origin' } })
    expect([passed.status, passed.headers.get('vary')]).toEqual([200, 'Sec-Fetch-Site, Origin'])
    expect(passed.headers.getSetCookie().some((line) => line.startsWith('XSRF-TOKEN='))).toBe(true)
    const refused = await client.post('/', { headers: { 'sec-fetch-site': 'cross-site' } })
    expect([refused.status, refused.headers.get('vary')]).toEqual([403, 'Sec-Fetch-Site, Origin'])
  })

  it('let in a remote function by its origin, since it can carry no token, and none of another site', async () => {
    const sessions = house()
    const remote = { isRemoteRequest: true, url: new URL('https://test.example/exempt') }
    const client = clientOf([session(sessions, { except: ['/exempt'] }), csrf({ except: ['/exempt'] })], count, remote)
    const own = await client.post('/_app/remote/1', { json: {}, headers: { 'sec-fetch-site': 'same-origin' } })
    expect([own.status, await own.text()]).toEqual([200, '1'])
    const other = await client.post('/_app/remote/1', { json: {}, csrf: false, headers: { origin: 'https://evil.example' } })
    expect(other.status).toBe(403)
  })

  it('look at the session that was opened first', async () => {
    const staff = new SessionManager({ driver: memory(), name: 'staff' })
    const answer: Answer = ({ locals, request }) => new Response(request.method === 'GET' ? csrfToken(locals.session) : 'done')
    const client = clientOf([session(house()), session(staff, { as: 'staff' }), csrf()], answer)
    const token = await (await client.get('/')).text()
    expect((await client.post('/', { headers: { 'x-csrf-token': token } })).status).toBe(200)
  })

  it('refuse pages of other sites and old logins, and tell of it', async () => {
    const sessions = house()
    const reasons: unknown[] = []
    sessions.on('refused', ({ reason }) => reasons.push(reason))
    await expectOwnPagesOnly(clientOf([session(sessions), ownPages()], () => new Response('own')))
    expect((await clientOf([session(sessions), requireFresh()], count).get('/')).status).toBe(403)
    expect(reasons).toEqual(['cross-site', 'not-fresh'])
  })

  it('stand before their routes and what is below them, and before no others', async () => {
    const guard = requireFresh({ routes: ['/account', '/(app)'] })
    const statuses: Record<string, number> = {}
    for (const id of ['/account', '/account/[id]', '/(app)/cart', '/accounts', '/']) {
      statuses[id] = (await clientOf([session(house()), guard], count, { route: { id } }).get('/')).status
    }
    expect(statuses).toEqual({ '/account': 403, '/account/[id]': 403, '/(app)/cart': 403, '/accounts': 200, '/': 200 })
  })

  it('stand before all routes where these are those below the root', async () => {
    for (const id of ['/', '/account', '/(app)/cart']) {
      expect((await clientOf([session(house()), requireFresh({ routes: ['/'] })], count, { route: { id } }).get('/')).status, id).toBe(403)
    }
  })

  it('say so where there is no session, and pass where there is meant to be none', async () => {
    const request = (): Request => new Request('https://app.example/', { method: 'POST', headers: { origin: 'https://app.example' } })
    await expect(app([requireFresh()], count)(request())).rejects.toThrow("'requireFresh'")
    await expect(app([ownPages()], count)(request())).rejects.toThrow("'ownPages'")
    await expect(app([], logout())(request())).rejects.toThrow("'logout'")
    await expect(app([csrf()], count)(request())).rejects.toThrow("'csrf'")
    const hook = clientOf([session(house(), { except: ['/hook'] }), csrf({ except: ['/hook'] })], () => new Response('done'))
    expect((await hook.post('/hook')).status).toBe(200)
  })

  it('log nobody out by a link', async () => {
    const sessions = house()
    const client = clientOf([session(sessions)], (event) => (event.url.pathname === '/logout' ? logout()(event) : count(event)))
    await client.get('/')
    expect((await client.get('/logout')).status).toBe(405)
    expect(await (await client.get('/')).text()).toBe('2')
    const done = await client.post('/logout')
    expect([done.status, done.headers.get('set-cookie')]).toEqual([204, expect.stringContaining('Max-Age=0')])
  })
})
