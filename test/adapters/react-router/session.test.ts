import { Suspense, createElement } from 'react'
import type { ReactElement } from 'react'
import { Await, RouterContextProvider, redirect, useLoaderData } from 'react-router'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { findSession, session, sessionContext } from '../../../src/adapters/react-router.ts'
import { currentSession } from '../../../src/context/index.ts'
import { MemoryDriver } from '../../../src/drivers/memory.ts'
import { SessionManager } from '../../../src/manager/session-manager.ts'
import { testClient } from '../../../src/testing/test-client.ts'
import { application } from './application.ts'
import type { TestApplication, TestRoute } from './application.ts'

interface Data {
  count: number
}

const memory = (): MemoryDriver => new MemoryDriver({ acknowledged: true })

function house(driver = memory()): SessionManager<Data> {
  return new SessionManager<Data>({ driver })
}

function brokenMemory(): MemoryDriver {
  const driver = memory()
  driver.insert = () => Promise.reject(new Error('the store is down'))
  return driver
}

/** `/count`: a resource route that counts; `/page`: a page that does. */
function counter(sessions: SessionManager<Data>, more: Record<string, TestRoute> = {}): TestApplication {
  const loader: TestRoute['loader'] = ({ context }) => new Response(String(context.get(sessionContext(sessions)).increment('count')))
  const page: TestRoute = { loader, default: () => createElement('b', null, String(useLoaderData())) }
  return application([session(sessions)], { '/count': { loader }, '/page': page, ...more })
}

describe('session() for React Router', () => {
  it('is stored with a page, before the first byte of it; what comes later in the page can write no more, and is told so', async () => {
    const sessions = house()
    let letGo = (): void => undefined
    const gate = new Promise<void>((resolve) => (letGo = resolve))
    const late: TestRoute = {
      loader({ context }) {
        const visitor = context.get(sessionContext(sessions))
        visitor.increment('count')
        return { late: gate.then(() => visitor.increment('count')).catch((error: unknown) => String(Reflect.get(Object(error), 'code'))) }
      },
      default() {
        const { late: value }: { readonly late: Promise<string> } = useLoaderData()
        const shown = createElement(Await<Promise<string>>, { resolve: value, children: (text) => createElement('i', null, text) })
        return createElement(Suspense, { fallback: 'wait' }, shown)
      },
    }
    const client = testClient(counter(sessions, { '/late': late }))
    const response = await client.get('/late')
    expect(await (await client.get('/count')).text()).toBe('2')
    letGo()
    expect(await response.text()).toContain('ERR_SESSION_CLOSED')
  })

  it('is one and the same for the action of a form and for the loaders of the page that answers it', async () => {
    const sessions = house()
    const both: TestRoute = {
      action: ({ context }) => void context.get(sessionContext(sessions)).increment('count'),
      loader: ({ context }) => context.get(sessionContext(sessions)).increment('count'),
      default: () => createElement('b', null, String(useLoaderData())),
    }
    const response = await testClient(counter(sessions, { '/both': both })).post('/both')
    expect([await response.text(), response.headers.getSetCookie().length]).toEqual([expect.stringContaining('<b>2</b>'), 1])
  })

  it('is opened for the data of a page as for the page, where that is excepted too', async () => {
    const sessions = house()
    const loader: TestRoute['loader'] = ({ context }) => String(findSession(context, sessions) === undefined)
    const Nothing = (): null => null
    const app = application([session(sessions, { except: ['/without'] })], {
      '/without': { loader, default: Nothing },
      '/with': { loader, default: Nothing },
    })
    const client = testClient(app)
    expect(await (await client.get('/without.data')).text()).toContain('"true"')
    expect(await (await client.get('/with.data')).text()).toContain('"false"')
  })

  it('stores what a page’s loader set before it threw a redirect or a response, and nothing of one that failed', async () => {
    const sessions = house()
    const discarded: unknown[] = []
    sessions.on('discarded', ({ cause }) => discarded.push(cause))
    const ways: Record<string, () => unknown> = {
      away: () => redirect('/count'),
      refused: () => new Response('no', { status: 410 }),
      broken: () => new RangeError('broken'),
    }
    const thrower: TestRoute = {
      loader({ context, params }) {
        context.get(sessionContext(sessions)).increment('count')
        throw ways[params['way'] ?? '']?.()
      },
      default: () => null,
    }
    const app = counter(sessions, { '/throw/:way': thrower })
    const client = testClient(app)
    const statuses: number[] = []
    for (const path of ['/throw/away', '/throw/refused', '/throw/broken', '/throw/broken.data'])
      statuses.push((await client.get(path)).status)
    expect(statuses).toEqual([302, 410, 500, 500])
    expect(await (await client.get('/count')).text()).toBe('3')
    expect([discarded.length, app.errors.length]).toEqual([2, 2])
  })

  it('keeps nothing of a request that a middleware further in has broken, and gives its lock back', async () => {
    const sessions = new SessionManager<Data>({ driver: memory(), lock: { waitSeconds: 0 } })
    const loader: TestRoute['loader'] = ({ context }) => String(context.get(sessionContext(sessions)).increment('count'))
    const breaking: TestRoute['middleware'] = [
      async (_, next) => {
        await next()
        throw new RangeError('broken')
      },
    ]
    const app = application([session(sessions)], { '/': { loader }, '/broken': { loader, middleware: breaking } })
    const client = testClient(app)
    await client.get('/')
    expect((await client.get('/broken')).status).toBe(500)
    expect(app.errors).toEqual([expect.any(RangeError)])
    expect(await (await client.get('/')).text()).toBe('2')
  })

  it('sends the cookie of what a save in the midst of a request has stored, also where the rest could not be', async () => {
    const driver = memory()
    const sessions = house(driver)
    const loader: TestRoute['loader'] = async ({ context }) => {
      const visitor = context.get(sessionContext(sessions))
      visitor.set('count', 1)
      await visitor.save()
      visitor.set('count', 2)
      driver.commit = () => Promise.reject(new Error('down'))
      return new Response('2')
    }
    const page = (): ReactElement => createElement('b')
    for (const path of ['/saved', '/page', '/page.data']) {
      const app = application([session(sessions)], { '/saved': { loader }, '/page': { loader, default: page } })
      const response = await testClient(app).get(path)
      expect([path, response.status, response.headers.getSetCookie().length]).toEqual([path, 503, 1])
      expect(await response.text()).toBe('Service Unavailable')
    }
  })

  it('shows a 503 in the page’s own ErrorBoundary when it could not be stored, and sends no cookie', async () => {
    const app = counter(house(brokenMemory()))
    const page = await testClient(app).get('/page')
    expect([page.status, page.headers.getSetCookie()]).toEqual([503, []])
    expect(await page.text()).toContain('Refused 503 Service Unavailable')
    const resource = await testClient(app).get('/count')
    expect([resource.status, resource.headers.get('retry-after'), await resource.text()]).toEqual([503, '1', 'Service Unavailable'])
    const data = await testClient(app).get('/page.data')
    expect([data.status, await data.text()]).toEqual([503, expect.stringContaining('ErrorResponse')])
  })

  it('ends a body that is not true, since it could not be stored', async () => {
    let cancelled = false
    const sessions = house(brokenMemory())
    const loader: TestRoute['loader'] = ({ context }) => {
      context.get(sessionContext(sessions)).increment('count')
      return new Response(new ReadableStream({ cancel: () => void (cancelled = true) }), { headers: { 'set-cookie': 'mine=1' } })
    }
    const response = await testClient(application([session(sessions)], { '/': { loader } })).get('/')
    expect([response.status, response.headers.getSetCookie(), cancelled]).toEqual([503, [], true])
  })

  it('answers as onError says, with a redirect too', async () => {
    const codes: string[] = []
    const sessions = house(brokenMemory())
    const onError = ({ code }: { readonly code: string }): Response => {
      codes.push(code)
      return redirect('/sorry')
    }
    const loader: TestRoute['loader'] = ({ context }) => String(context.get(sessionContext(sessions)).increment('count'))
    const app = application([session(sessions, { onError })], { '/page': { loader, default: () => null } })
    const response = await testClient(app).get('/page')
    expect([response.status, response.headers.get('location'), codes]).toEqual([302, '/sorry', ['ERR_SESSION_DRIVER_FAILED']])
  })

  it('is opened once where it is mounted twice, and stands beside one of another manager', async () => {
    const [sessions, staff] = [house(), new SessionManager({ driver: memory(), name: 'staff' })]
    const loader: TestRoute['loader'] = ({ context }) =>
      `${context.get(sessionContext(sessions)).increment('count')} ${context.get(sessionContext(staff)).increment('seen')}`
    const app = application([session(sessions), session(staff), session(sessions)], { '/': { loader } })
    const client = testClient(app)
    await client.get('/')
    expect(await (await client.get('/')).text()).toBe('2 2')
  })

  it('is told apart by its manager: one with the name of another’s cookie is refused', async () => {
    const app = application([session(house()), session(house())], { '/': { loader: () => 'never' } })
    expect((await testClient(app).get('/')).status).toBe(500)
    expect(app.errors).toEqual([expect.objectContaining({ code: 'ERR_SESSION_CONFIG' })])
  })

  it('is shown to nobody else where the application gives one context to several requests: that is an error', async () => {
    const sessions = house()
    const context = new RouterContextProvider()
    const count: TestRoute = {
      loader: ({ context: given }) => new Response(String(given.get(sessionContext(sessions)).increment('count'))),
    }
    const app = application([session(sessions, { except: ['/health'] })], { '/count': count, '/health': count }, () => context)
    expect(await (await app.fetch(new Request('https://app.example/count'))).text()).toBe('1')
    for (const path of ['/count', '/health']) expect((await app.fetch(new Request(`https://app.example${path}`))).status, path).toBe(500)
    expect(app.errors).toMatchObject([{ code: 'ERR_SESSION_CONFIG' }, { code: 'ERR_SESSION_CONFIG' }])
  })

  it('is found by what is below a loader, and knows the address that the application gives', async () => {
    const sessions = house()
    const clientAddress = ({ request }: { readonly request: Request }): string | undefined => request.headers.get('x-socket') ?? undefined
    const loader: TestRoute['loader'] = ({ context }) => {
      const visitor = context.get(sessionContext(sessions))
      return `${currentSession(sessions) === visitor} ${visitor.ipAddress}`
    }
    const app = application([session(sessions, { trustProxy: 1, clientAddress })], { '/': { loader } })
    const headers = { 'x-socket': '198.51.100.1', 'x-forwarded-for': '192.0.2.7' }
    expect(await (await testClient(app).get('/', { headers })).text()).toBe('true 192.0.2.7')
  })

  it('leaves the last word on caches and cookies to a page that has headers of its own', async () => {
    const sessions = house()
    const loader: TestRoute['loader'] = ({ context }) => {
      context.get(sessionContext(sessions)).increment('count')
      return new Response('', { headers: { 'cache-control': 'private, no-store', 'set-cookie': 'mine=1' } })
    }
    const response = await testClient(application([session(sessions)], { '/': { loader } })).get('/')
    expect(response.headers.get('cache-control')).toBe('private, no-store')
    expect(response.headers.getSetCookie().map((line) => line.split('=', 1)[0])).toEqual(['mine', '__Host-ml_session'])
  })

  it('is not there while pages are made once for everybody, and nothing is stored', async () => {
    vi.stubEnv('IS_RR_BUILD_REQUEST', 'yes')
    onTestFinished(() => void vi.unstubAllEnvs())
    const driver = memory()
    const app = counter(house(driver), { '/about': { loader: () => 'about' } })
    const client = testClient(app)
    expect([(await client.get('/about')).status, (await client.get('/count')).status]).toEqual([200, 500])
    expect(app.errors).toEqual([expect.objectContaining({ message: 'No value found for context' })])
    expect((await driver.list()).sessions).toEqual([])
  })

  it('refuses options that it does not know or that cannot work', () => {
    const wrong = [{ exept: [] }, { concurrency: 'optimistic' }, { as: 'staff' }, { trustProxy: 1 }, { onError: 'sorry' }]
    for (const options of wrong) {
      expect(() => Reflect.apply(session, undefined, [house(), options])).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CONFIG' }))
    }
  })
})
