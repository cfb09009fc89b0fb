import { describe, expect, it, vi } from 'vitest'
import { csrf, logout, ownPages, session } from '../../../src/adapters/fetch.ts'
import { MemoryDriver } from '../../../src/drivers/memory.ts'
import { CSRF_VARY } from '../../../src/http/csrf-guard.ts'
import { csrfField } from '../../../src/http/csrf-words.ts'
import { OWN_PAGES_VARY } from '../../../src/http/own-pages.ts'
import { SessionManager } from '../../../src/manager/session-manager.ts'
import type { Session } from '../../../src/session/session.ts'
import { testClient } from '../../../src/testing/test-client.ts'

interface Data {
  count: number
  user: { profile: { name: string } }
}

interface Both {
  readonly session: Session<Data>
  readonly admin: Session<{ level: number }>
}

function house(driver = new MemoryDriver({ acknowledged: true })): SessionManager<Data> {
  return new SessionManager<Data>({ driver })
}

describe('session() for fetch', () => {
  it('keeps what a request set for the next', async () => {
    const client = testClient(session(house())((_request, context) => new Response(String(context.session.increment('count')))))
    expect(await (await client.get('/')).text()).toBe('1')
    expect(await (await client.get('/')).text()).toBe('2')
  })

  it('sends no cookie and stores nothing for a visitor who keeps nothing (ASVS-7.6.2)', async () => {
    const driver = new MemoryDriver({ acknowledged: true })
    const client = testClient(
      session(house(driver))((_request, { session: visitor }) => new Response(visitor.get('user.profile.name', 'Guest'))),
    )
    const response = await client.get('/')
    expect(response.headers.get('set-cookie')).toBeNull()
    expect((await driver.list()).sessions).toHaveLength(0)
  })

  it('a response with the cookie is kept by no cache (ASVS-14.2.2)', async () => {
    const client = testClient(
      session(house())((_request, context) => {
        context.session.set('count', 1)
        return new Response('x', { headers: { 'cache-control': 'public, max-age=60' } })
      }),
    )
    const response = await client.get('/')
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.get('set-cookie')).toMatch(
      /^__Host-ml_session=[0-9a-f]{40}; Path=\/; Max-Age=7200; Secure; HttpOnly; SameSite=Lax$/,
    )
  })

  it('leaves no cookie on a response that the application gives to everybody', async () => {
    const same = new Response(null, { status: 204 })
    const handle = session(house())((_request, context) => {
      context.session.set('count', 1)
      return same
    })
    const first = await handle(new Request('https://test.example/'))
    const second = await handle(new Request('https://test.example/'))
    expect([first, second, same].map(({ headers }) => headers.getSetCookie().length)).toEqual([1, 1, 0])
    expect([...same.headers]).toEqual([])
  })

  it('adds the cookie to a redirect, whose headers cannot be changed', async () => {
    const client = testClient(
      session(house())((_request, context) => {
        context.session.flash('status', 'Welcome back!')
        return Response.redirect('https://test.example/home')
      }),
    )
    const response = await client.get('/')
    expect(response.status).toBe(302)
    expect(response.headers.get('set-cookie')).toContain('ml_session=')
  })

  it('stores nothing of a request that threw, and throws on', async () => {
    const sessions = house()
    const app = session(sessions)((request, context) => {
      context.session.increment('count')
      if (request.url.endsWith('/broken')) throw new RangeError('broken')
      return new Response(String(context.session.get('count')))
    })
    const client = testClient(app)
    await client.get('/')
    await expect(client.get('/broken')).rejects.toThrow(RangeError)
    expect(await (await client.get('/')).text()).toBe('2')
  })

  it('stores nothing of a response of 500, unless saveOnError', async () => {
    for (const saveOnError of [false, true]) {
      const app = session(house(), { saveOnError })((request, context) => {
        const count = context.session.increment('count')
        return new Response(String(count), { status: request.url.endsWith('/broken') ? 500 : 200 })
      })
      const client = testClient(app)
      await client.get('/')
      await client.get('/broken')
      expect(await (await client.get('/')).text()).toBe(saveOnError ? '3' : '2')
    }
  })

  it('stores what it set before it threw where saveOnError says so, and throws on the first error though that fails', async () => {
    const driver = new MemoryDriver({ acknowledged: true })
    const app = session(house(driver), { saveOnError: true })((request, context) => {
      const count = context.session.increment('count')
      if (request.url.endsWith('/broken')) throw new RangeError('broken')
      return new Response(String(count))
    })
    const client = testClient(app)
    await client.get('/')
    await expect(client.get('/broken')).rejects.toThrow(RangeError)
    expect(await (await client.get('/')).text()).toBe('3')
    driver.commit = () => Promise.reject(new Error('the store is down'))
    await expect(client.get('/broken')).rejects.toThrow(RangeError)
  })

  it('a thrown Response is a response', async () => {
    const client = testClient(
      session(house())((_request, context) => {
        context.session.set('count', 1)
        throw new Response('not here', { status: 404 })
      }),
    )
    const response = await client.get('/')
    expect(response.status).toBe(404)
    expect(response.headers.get('set-cookie')).toContain('ml_session=')
  })

  it('answers 503 without a word when the session could not be stored, and ends the body', async () => {
    const driver = new MemoryDriver({ acknowledged: true })
    driver.insert = () => Promise.reject(new Error('secret host name'))
    let isCancelled = false
    const app = session(house(driver))((_request, context) => {
      context.session.set('count', 1)
      return new Response(new ReadableStream({ cancel: () => void (isCancelled = true) }))
    })
    const response = await testClient(app).get('/')
    expect(response.status).toBe(503)
    expect(await response.text()).toBe('Service Unavailable')
    expect(isCancelled).toBe(true)
  })

  it('sends the cookie of what a save in the midst of a request has stored, also where the rest could not be', async () => {
    const driver = new MemoryDriver({ acknowledged: true })
    const app = session(house(driver))(async (_request, context) => {
      context.session.set('count', 1)
      await context.session.save()
      context.session.set('count', 2)
      driver.commit = () => Promise.reject(new Error('down'))
      return new Response('2')
    })
    const response = await testClient(app).get('/')
    expect([response.status, response.headers.getSetCookie().length, response.headers.get('cache-control')]).toEqual([503, 1, 'no-store'])
  })

  it('lets excepted paths and a disabled middleware pass without a session', async () => {
    const sessions = house()
    const handler = (_request: Request, context: { readonly session?: unknown }): Response =>
      new Response(String(context.session !== undefined))
    expect(await (await testClient(session(sessions, { except: ['/health'] })(handler)).get('/health')).text()).toBe('false')
    expect(await (await testClient(session(sessions, { enabled: false })(handler)).get('/')).text()).toBe('false')
    expect(await (await testClient(session(sessions, { except: ['/health'] })(handler)).get('/healthy')).text()).toBe('true')
  })

  it('opens a second session beside the first under another name, and one manager’s only once', async () => {
    const sessions = house()
    const admin = new SessionManager<{ level: number }>({ driver: new MemoryDriver({ acknowledged: true }), name: 'admin' })
    const app = session(sessions)(
      session(sessions)(
        session(admin, { as: 'admin' })(
          session(sessions)(
            (_request, context: Both) => new Response(`${context.session.increment('count')} ${context.admin.increment('level', 10)}`),
          ),
        ),
      ),
    )
    const client = testClient(app)
    await client.get('/')
    expect(await (await client.get('/')).text()).toBe('2 20')
  })

  it('tells the browser of the session that was stored though that of another manager around it was not', async () => {
    const driver = new MemoryDriver({ acknowledged: true })
    const admin = new SessionManager<{ level: number }>({ driver: new MemoryDriver({ acknowledged: true }), name: 'admin' })
    const client = testClient(
      session(house(driver))(
        session(admin, { as: 'admin' })((_request, context: Both) => {
          context.session.set('count', 1)
          return new Response(String(context.admin.increment('level')), { headers: { 'set-cookie': 'untrue=1' } })
        }),
      ),
    )
    const stopped = vi.spyOn(driver, 'insert').mockRejectedValueOnce(new Error('the store is down'))
    const failed = await client.get('/')
    expect([failed.status, failed.headers.getSetCookie()]).toEqual([503, [expect.stringMatching(/^__Host-admin=/)]])
    expect(stopped).toHaveBeenCalledOnce()
    expect(await (await client.get('/')).text()).toBe('2')
  })

  it('a request that opens its own session again fails at once and says why', async () => {
    const sessions = house()
    const inner = session(sessions)((_request, context) => new Response(String(context.session.increment('count'))))
    const codes: string[] = []
    sessions.on('refused', (event) => codes.push(event.reason))
    const app = session(sessions)(async (request, context) => {
      context.session.increment('count')
      return context.session.isNew ? new Response('new') : inner(request)
    })
    const client = testClient(app)
    await client.get('/')
    expect((await client.get('/')).status).toBe(500)
    expect(codes).toEqual(['lock-self'])
  })
})

describe('csrf() for fetch', () => {
  const app = (sessions: SessionManager<Data>) =>
    session(sessions)(
      csrf({ cookie: true })(async (request, context) => {
        if (request.method === 'GET') return new Response(csrfField(context.session))
        return new Response(JSON.stringify((await request.formData()).get('name')))
      }),
    )

  it('takes a form that carries the rendered field, whose body the handler can still read', async () => {
    const client = testClient(app(house()))
    const field = /value="([0-9a-f]+)"/.exec(await (await client.get('/')).text())?.[1] ?? ''
    const response = await client.post('/', { form: { _csrf: field, name: 'Ada' } })
    expect([response.status, await response.text()]).toEqual([200, '"Ada"'])
  })

  it('refuses a form without it with 403 (ASVS-3.5.1), and says so in an event', async () => {
    const sessions = house()
    const reasons: string[] = []
    sessions.on('refused', (event) => reasons.push(event.reason))
    const client = testClient(app(sessions))
    await client.get('/')
    expect((await client.post('/', { form: { name: 'Eve' }, csrf: false })).status).toBe(403)
    expect(reasons).toEqual(['csrf'])
  })

  it('refuses a page of another site though it knows the token', async () => {
    const client = testClient(app(house()), {})
    const field = /value="([0-9a-f]+)"/.exec(await (await client.get('/')).text())?.[1] ?? ''
    const forged = { form: { _csrf: field }, headers: { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' } }
    expect((await client.post('/', forged)).status).toBe(403)
  })

  it('hands scripts the token by a cookie that they can read', async () => {
    const client = testClient(app(house()))
    const response = await client.get('/')
    const cookie = response.headers.getSetCookie().find((line) => line.startsWith('XSRF-TOKEN='))
    expect(cookie).not.toContain('HttpOnly')
    const token = client.jar.get('XSRF-TOKEN') ?? ''
    expect((await client.post('/', { form: { name: 'x' }, headers: { 'x-xsrf-token': token } })).status).toBe(200)
  })

  it('takes that cookie back with a logout, so that scripts do not send it with the next login', async () => {
    const sessions = house()
    const serve = session(sessions)(csrf({ cookie: true })((request, context) => logout()(request, context)))
    const client = testClient(serve, { sessions })
    await client.login(7)
    client.jar.set('XSRF-TOKEN', 'old')
    expect((await client.post('/logout')).status).toBe(204)
    expect([client.jar.get('XSRF-TOKEN'), client.jar.header('/')]).toEqual([undefined, undefined])
  })

  it('says on a thrown Response too what the answer depends on, and hands scripts the token', async () => {
    const client = testClient(
      session(house())(
        csrf({ cookie: true, tokens: 'fallback' })(
          ownPages()((_request, context: { readonly session: Session<Data> }) => {
            context.session.token()
            throw Response.redirect('https://app.example/home', 303)
          }),
        ),
      ),
    )
    const { status, headers } = await client.post('/', { headers: { 'sec-fetch-site': 'same-origin' } })
    expect([status, headers.get('vary')]).toEqual([303, `${OWN_PAGES_VARY}, ${CSRF_VARY}`])
    expect(headers.getSetCookie().filter((line) => line.startsWith('XSRF-TOKEN='))).toHaveLength(1)
  })

  it('lets a path pass that is excepted from both, and refuses one that is excepted from session() alone', async () => {
    const hook = (except: readonly string[]) => session(house(), { except: ['/hook'] })(csrf({ except })(() => new Response('taken')))
    expect(await (await testClient(hook(['/hook'])).post('/hook', { csrf: false })).text()).toBe('taken')
    expect(await (await testClient(hook([])).get('/hook')).text()).toBe('taken')
    await expect(testClient(hook([])).post('/hook')).rejects.toThrow(/except the same paths from both/)
  })

  it('fails at once and says why when there is no session around it', async () => {
    const alone = csrf()(() => new Response('x'))
    await expect(alone(new Request('https://test.example/', { method: 'POST' }), {})).rejects.toThrow(/Put csrf\(\) inside session\(\)/)
  })
})
