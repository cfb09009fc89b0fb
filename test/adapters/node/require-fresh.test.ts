import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { connect, createServer as createHttp2Server } from 'node:http2'
import type { Http2Server, IncomingHttpHeaders } from 'node:http2'
import { describe, expect, it, onTestFinished } from 'vitest'
import { requireFresh, session } from '../../../src/adapters/node.ts'
import type { SessionOptions } from '../../../src/adapters/node.ts'
import type { FreshOptions } from '../../../src/http/fresh.ts'
import { keyOf, openShop } from '../../manager/support/shop.ts'
import type { Shop } from '../../manager/support/shop.ts'
import { refusalOf } from '../../support/config-refusal.ts'
import { recordUnder, refusals, told } from '../../support/visits.ts'
import { ask, portOf, serve } from './support.ts'
import type { Answer, Served } from './support.ts'

const NOT_FRESH = { code: 'ERR_SESSION_NOT_FRESH', status: 403 }

interface World extends Shop {
  readonly served: Served
  /** How often the guarded handler ran. */
  readonly runs: () => number
  readonly get: (path: string, id?: string, method?: string) => Promise<Answer>
}

/** The status of an answer over HTTP/2. */
async function http2Status(server: Http2Server, id: string): Promise<number | undefined> {
  if (!server.listening) {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  }
  const connection = connect(`http://127.0.0.1:${portOf(server)}`)
  const stream = connection.request({ ':path': '/account', cookie: `ml_session=${id}` })
  const [headers]: IncomingHttpHeaders[] = await once(stream, 'response')
  connection.destroy()
  return Number(headers?.[':status'])
}

/** What goes on behind `requireFresh`: a step that takes no error, or one that does. */
type Then = (response: ServerResponse, run: () => void) => Parameters<ReturnType<typeof requireFresh>>[2]
const takesNone: Then = (_response, run) => () => run()

async function build(options: FreshOptions = {}, then: Then = takesNone, sessionOptions: SessionOptions = {}): Promise<World> {
  const shop = openShop({ cookie: { secure: 'auto' } })
  let runs = 0
  const [withSession, guard] = [session(shop.sessions, sessionOptions), requireFresh(options)]
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
    if (pathname === '/login') {
      await request.session.regenerate({ destroy: true })
      request.session.setUserId('ada')
      request.session.markAuthenticated({ level: Number(searchParams.get('level') ?? 1) })
      response.end('welcome')
      return
    }
    const run = (): void => {
      runs += 1
      response.end(`account of ${request.session.userId}`)
    }
    guard(request, response, then(response, run))
  }
  const served = await serve((request, response) => withSession(request, response, () => handle(request, response)))
  const get = (path: string, id?: string, method = 'GET'): Promise<Answer> =>
    ask(served, path, { method, headers: id === undefined ? {} : { cookie: `ml_session=${id}` } })
  return { ...shop, served, runs: () => runs, get }
}

async function loggedIn({ get }: World, query = ''): Promise<string> {
  const [cookie = ''] = (await get(`/login${query}`)).headers['set-cookie'] ?? []
  return /^ml_session=([0-9a-f]{40});/.exec(cookie)?.[1] ?? ''
}

describe('requireFresh() for node:http', () => {
  it('ASVS-7.5.1: lets a fresh login pass, and refuses an older one with 403 and not a word of why', async () => {
    const world = await build()
    const id = await loggedIn(world)
    world.clock.advance(840_000)
    expect(await world.get('/account', id)).toMatchObject({ status: 200, body: 'account of ada' })
    world.clock.advance(61_000)
    const refused = told(world.sessions, 'refused')
    const answer = await world.get('/account', id)
    expect(answer).toMatchObject({ status: 403, body: 'Forbidden', headers: { 'cache-control': 'no-store' } })
    expect(world.runs()).toBe(1)
    expect(refused).toMatchObject([{ reason: 'not-fresh', cause: NOT_FRESH, key: keyOf(id) }])
    await world.idle()
  })

  it('ASVS-7.5.1: whatever the method is', async () => {
    const world = await build()
    const id = await loggedIn(world)
    world.clock.advance(901_000)
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'DELETE'])
      expect((await world.get('/account', id, method)).status).toBe(403)
    expect(world.runs()).toBe(0)
  })

  it('ASVS-7.5.3: takes the time and the level that it was given', async () => {
    const world = await build({ withinSeconds: 60, level: 2 })
    const [low, high] = [await loggedIn(world), await loggedIn(world, '?level=2')]
    const statuses = async (): Promise<number[]> => [(await world.get('/account', low)).status, (await world.get('/account', high)).status]
    expect(await statuses()).toEqual([403, 200])
    world.clock.advance(61_000)
    expect(await statuses()).toEqual([403, 403])
  })

  it('refuses visitors, and stores nothing for them', async () => {
    const world = await build()
    for (const id of [undefined, 'e'.repeat(40)]) {
      const { status, headers } = await world.get('/account', id)
      expect([status, headers['set-cookie']]).toEqual([403, undefined])
    }
    expect((await world.memory.list()).sessions).toEqual([])
  })

  it('lets a read-only request ask', async () => {
    const world = await build({}, takesNone, { concurrency: ({ url }) => (url === '/account' ? 'readonly' : undefined) })
    const id = await loggedIn(world)
    expect((await world.get('/account', id)).status).toBe(200)
    world.clock.advance(901_000)
    expect((await world.get('/account', id)).status).toBe(403)
  })

  it('hands the error on to a step that takes one, which may lead to the login', async () => {
    const given: unknown[] = []
    const world = await build({}, (response, run) => (error) => {
      if (error === undefined) return run()
      given.push(error)
      response.writeHead(302, { location: '/login' })
      response.end()
    })
    const id = await loggedIn(world)
    expect((await world.get('/account', id)).status).toBe(200)
    world.clock.advance(901_000)
    expect(await world.get('/account', id)).toMatchObject({ status: 302, headers: { location: '/login' } })
    expect(given).toMatchObject([NOT_FRESH])
    await world.idle()
  })

  it('writes nothing of a session that it refuses, but that it was used', async () => {
    const world = await build()
    const id = await loggedIn(world)
    world.clock.advance(901_000)
    const before = await recordUnder(world.memory, id)
    await world.get('/account', id)
    await world.idle()
    const { lastActivity: _, expiresAt: __, ...rest } = before ?? {}
    expect(await recordUnder(world.memory, id)).toMatchObject(rest)
  })

  it('guards requests of HTTP/2 alike', async () => {
    const { sessions, clock, stored } = openShop({ cookie: { secure: 'auto' } })
    const id = await stored((fresh) => {
      fresh.setUserId('ada')
      fresh.markAuthenticated()
    })
    const [withSession, guard] = [session(sessions), requireFresh()]
    const server = createHttp2Server((request, response) => {
      withSession(request, response, () => guard(request, response, () => response.end('passed')))
    })
    onTestFinished(() => void server.close())
    expect(await http2Status(server, id)).toBe(200)
    clock.advance(901_000)
    const reasons = refusals(sessions)
    expect([await http2Status(server, id), reasons]).toEqual([403, ['not-fresh']])
  })
})

describe('requireFresh() without session()', () => {
  it('says so to the step that takes an error, and never runs the handler', async () => {
    const guard = requireFresh()
    const given: unknown[] = []
    const served = await serve((request, response) => {
      guard(request, response, (error) => {
        given.push(error)
        response.end()
      })
    })
    await ask(served, '/account')
    expect(given).toMatchObject([{ code: 'ERR_SESSION_CONFIG', message: expect.stringMatching(/behind session\(\)/) }])
  })

  it('answers 500 where none does', async () => {
    const guard = requireFresh()
    const served = await serve((request, response) => guard(request, response, () => response.end('never')))
    expect(await ask(served, '/account')).toMatchObject({ status: 500, body: 'Internal Server Error' })
  })

  it('says so where session() lets the path pass', async () => {
    for (const options of [{ except: ['/account'] }, { enabled: false }]) {
      const world = await build({}, takesNone, options)
      expect((await world.get('/account')).status).toBe(500)
      expect(world.runs()).toBe(0)
    }
  })
})

it('requireFresh() refuses options that cannot be meant', () => {
  for (const options of [{ withinSeconds: 0 }, { withinSeconds: Infinity }, { level: 0 }, { level: 1.5 }, { seconds: 5 }, 900, null]) {
    expect(refusalOf(() => Reflect.apply(requireFresh, undefined, [options]))).toMatch(/^Option 'requireFresh/)
  }
})
