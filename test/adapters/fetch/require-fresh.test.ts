import { describe, expect, it } from 'vitest'
import { csrf, requireFresh, session } from '../../../src/adapters/fetch.ts'
import type { FetchHandler, FetchSessionOptions } from '../../../src/adapters/fetch.ts'
import type { FreshOptions } from '../../../src/http/fresh.ts'
import type { SessionError } from '../../../src/session/errors.ts'
import type { Session } from '../../../src/session/session.ts'
import { testClient } from '../../../src/testing/test-client.ts'
import type { TestClient } from '../../../src/testing/test-client.ts'
import { refusalOf } from '../../support/config-refusal.ts'
import { recordUnder, told } from '../../support/visits.ts'
import { openShop } from '../../manager/support/shop.ts'
import type { Shop } from '../../manager/support/shop.ts'

const COOKIE = '__Host-ml_session'

interface World extends Shop {
  readonly app: (request: Request) => Promise<Response>
  /** How often the guarded handler ran. */
  readonly runs: () => number
}

/** An application with a login, a step-up, and an account page that only a fresh login may open. */
function build(options: FreshOptions = {}, sessionOptions: FetchSessionOptions = {}): World {
  const shop = openShop()
  let runs = 0
  const guarded = requireFresh(options)((_request: Request, context: { readonly session: Session }) => {
    runs += 1
    return new Response(`account of ${context.session.userId}`)
  })
  const app = session(
    shop.sessions,
    sessionOptions,
  )(async (request, context) => {
    const { pathname, searchParams } = new URL(request.url)
    if (pathname === '/login') {
      await context.session.regenerate({ destroy: true })
      context.session.setUserId(searchParams.get('user') ?? 'ada')
    }
    if (pathname === '/login' || pathname === '/prove') context.session.markAuthenticated({ level: Number(searchParams.get('level') ?? 1) })
    if (pathname === '/login' || pathname === '/prove') return new Response('welcome')
    if (searchParams.has('set')) context.session.increment('n')
    if (searchParams.has('rotate')) await context.session.regenerate()
    if (searchParams.has('prove')) context.session.markAuthenticated()
    return guarded(request, context)
  })
  return { ...shop, app, runs: () => runs }
}

async function loggedIn(world: World, query = ''): Promise<TestClient> {
  const client = testClient(world.app)
  await client.get(`/login${query}`)
  return client
}

const NOT_FRESH = { code: 'ERR_SESSION_NOT_FRESH', status: 403 }

describe('requireFresh() for fetch', () => {
  it('ASVS-7.5.1: lets a fresh login pass, and refuses an older one with 403 and not a word of why', async () => {
    const world = build()
    const client = await loggedIn(world)
    world.clock.advance(840_000)
    expect(await (await client.get('/account')).text()).toBe('account of ada')
    world.clock.advance(61_000)
    const refused = told(world.sessions, 'refused')
    const response = await client.get('/account')
    expect([response.status, await response.text(), response.headers.get('cache-control')]).toEqual([403, 'Forbidden', 'no-store'])
    expect([world.runs(), response.headers.getSetCookie()]).toEqual([1, []])
    expect(refused).toMatchObject([{ reason: 'not-fresh', cause: NOT_FRESH }])
    expect(refused[0]?.key).toMatch(/^[0-9a-f]{64}$/)
    await world.idle()
  })

  it('ASVS-7.5.1: whatever the method is', async () => {
    const world = build()
    const client = await loggedIn(world)
    world.clock.advance(901_000)
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'DELETE']) {
      expect((await client.request(method, '/account', {})).status, method).toBe(403)
    }
    expect(world.runs()).toBe(0)
  })

  it('lets pass again whoever has proved it again', async () => {
    const world = build()
    const client = await loggedIn(world)
    world.clock.advance(3_600_000)
    expect((await client.get('/account')).status).toBe(403)
    await client.get('/prove')
    expect((await client.get('/account')).status).toBe(200)
  })

  it('takes the time and the level that it was given', async () => {
    const world = build({ withinSeconds: 60, level: 2 })
    const client = await loggedIn(world)
    expect((await client.get('/account')).status).toBe(403)
    await client.get('/prove?level=2')
    world.clock.advance(50_000)
    expect((await client.get('/account')).status).toBe(200)
    await client.get('/prove?level=3')
    expect((await client.get('/account')).status).toBe(200)
    world.clock.advance(61_000)
    expect((await client.get('/account')).status).toBe(403)
  })

  it('lets pass what was proved in this very request', async () => {
    const world = build()
    const client = await loggedIn(world)
    world.clock.advance(3_600_000)
    expect((await client.get('/account?prove')).status).toBe(200)
  })

  it('refuses visitors, and stores nothing for them', async () => {
    const world = build()
    for (const headers of [{}, { cookie: `${COOKIE}=${'e'.repeat(40)}` }]) {
      const response = await testClient(world.app).get('/account', { headers })
      expect([response.status, response.headers.getSetCookie()]).toEqual([403, []])
    }
    expect((await world.memory.list()).sessions).toEqual([])
  })

  it('refuses each for himself: of users at the same time only the fresh pass', async () => {
    const world = build()
    const stale = await loggedIn(world, '?user=eve')
    world.clock.advance(901_000)
    const fresh = await loggedIn(world)
    const responses = await Promise.all([stale, fresh, stale, fresh].map((client) => client.get('/account')))
    expect(responses.map(({ status }) => status)).toEqual([403, 200, 403, 200])
  })

  it('lets a read-only request ask', async () => {
    const world = build({}, { concurrency: ({ url }) => (url.endsWith('/account') ? 'readonly' : 'exclusive') })
    const client = await loggedIn(world)
    expect((await client.get('/account')).status).toBe(200)
    world.clock.advance(901_000)
    expect((await client.get('/account')).status).toBe(403)
  })

  it('stores nothing of a request that it refuses', async () => {
    const world = build()
    const client = await loggedIn(world)
    const id = client.jar.get(COOKIE) ?? ''
    world.clock.advance(901_000)
    const before = await recordUnder(world.memory, id)
    for (const query of ['?set', '?rotate', '?set&rotate']) {
      const response = await client.get(`/account${query}`)
      expect([response.status, response.headers.getSetCookie()]).toEqual([403, []])
    }
    expect(await recordUnder(world.memory, id)).toEqual(before)
    await world.idle()
  })

  it('leaves the answer to onError, which may lead to the login', async () => {
    const errors: SessionError[] = []
    const world = build(
      {},
      {
        onError: (error, request) => {
          errors.push(error)
          return Response.redirect(new URL('/login', request.url))
        },
      },
    )
    const client = await loggedIn(world)
    world.clock.advance(901_000)
    const response = await client.get('/account')
    expect([response.status, response.headers.get('location')]).toEqual([302, 'https://test.example/login'])
    expect(errors).toMatchObject([NOT_FRESH])
    expect(errors[0]?.message).not.toContain('ada')
  })

  it('sends the cookie of a new id along with that redirect, whose headers cannot be changed', async () => {
    const world = build({}, { onError: () => Response.redirect('https://test.example/login') })
    const client = await loggedIn(world)
    const old = client.jar.get(COOKIE) ?? ''
    await client.get('/account?rotate')
    const next = client.jar.get(COOKIE) ?? ''
    world.clock.advance(20_000)
    const strict = testClient(
      session(world.sessions, { onError: () => Response.redirect('https://test.example/login') })(
        requireFresh({ withinSeconds: 10 })(() => new Response('never')),
      ),
    )
    strict.jar.set(COOKIE, old)
    const response = await strict.get('/account')
    expect([response.status, strict.jar.get(COOKIE), next === old]).toEqual([302, next, false])
    expect(response.headers.get('cache-control')).toBe('no-store')
  })

  it('lets the answer of the handler through as it is: redirects, thrown responses, errors', async () => {
    const shop = openShop()
    const answers: Record<string, FetchHandler> = {
      '/redirect': () => Response.redirect('https://test.example/'),
      '/thrown': () => {
        throw new Response('gone', { status: 410 })
      },
      '/broken': () => {
        throw new RangeError('broken')
      },
    }
    const app = session(shop.sessions)((request, context) => {
      context.session.setUserId('ada')
      context.session.markAuthenticated()
      return requireFresh()(answers[new URL(request.url).pathname] ?? (() => new Response('x')))(request, context)
    })
    expect((await testClient(app).get('/redirect')).headers.getSetCookie()).toHaveLength(1)
    expect((await testClient(app).get('/thrown')).status).toBe(410)
    await expect(testClient(app).get('/broken')).rejects.toThrow(RangeError)
  })

  it('stands beside csrf(), in either order', async () => {
    const shop = openShop()
    const end: FetchHandler = () => new Response('done')
    for (const guarded of [csrf()(requireFresh()(end)), requireFresh()(csrf()(end))]) {
      const app = session(shop.sessions)((request, context) => {
        if (request.method !== 'GET') return guarded(request, context)
        context.session.setUserId('ada')
        context.session.markAuthenticated()
        return new Response('welcome')
      })
      const client = testClient(app, { sessions: shop.sessions })
      await client.get('/')
      expect((await client.post('/')).status).toBe(200)
      expect((await client.post('/', { csrf: false })).status).toBe(403)
      shop.clock.advance(901_000)
      expect((await client.post('/')).status).toBe(403)
    }
  })
})

describe('requireFresh() without session()', () => {
  const request = new Request('https://test.example/account')
  const alone = requireFresh()(() => new Response('never'))

  it('says so, and lets nobody pass', async () => {
    await expect(alone(request, {})).rejects.toMatchObject({ code: 'ERR_SESSION_CONFIG' })
    await expect(alone(request, {})).rejects.toThrow(/inside session\(\)/)
  })

  it('says so also where there is no context at all', async () => {
    await expect(Reflect.apply(alone, undefined, [request])).rejects.toThrow(/inside session\(\)/)
  })

  it('says so where session() lets the path pass', async () => {
    const { sessions } = openShop()
    for (const options of [{ except: ['/account'] }, { enabled: false }]) {
      await expect(session(sessions, options)(alone)(request)).rejects.toMatchObject({ code: 'ERR_SESSION_CONFIG' })
    }
  })
})

it('requireFresh() refuses options that cannot be meant', () => {
  for (const options of [
    { withinSeconds: 0 },
    { withinSeconds: -1 },
    { withinSeconds: Number.NaN },
    { withinSeconds: Infinity },
    { level: 0 },
    { level: 10 },
    { level: '2' },
    { seconds: 5 },
    900,
    null,
  ]) {
    expect(refusalOf(() => Reflect.apply(requireFresh, undefined, [options]))).toMatch(/^Option 'requireFresh/)
  }
})
