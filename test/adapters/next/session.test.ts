import { NextRequest, NextResponse } from 'next/server.js'
import { describe, expect, it } from 'vitest'
import { action, csrf, logout, oncePerProcess, ownPages, readSession, session } from '../../../src/adapters/next.ts'
import { MemoryDriver } from '../../../src/drivers/memory.ts'
import { SessionManager } from '../../../src/manager/session-manager.ts'

const CONTEXT = { params: Promise.resolve({}) }

function openHouse(): { readonly driver: MemoryDriver; readonly sessions: SessionManager<{ count: number }> } {
  const driver = new MemoryDriver({ acknowledged: true })
  return { driver, sessions: new SessionManager<{ count: number }>({ driver, cookie: { secure: 'auto' } }) }
}

function asked(path: string, init: { readonly method?: string; readonly headers?: Record<string, string> } = {}): NextRequest {
  return new NextRequest(`http://localhost:3000${path}`, { ...init, headers: { host: 'shop.example', ...init.headers } })
}

describe('session() of holdfast/next', () => {
  it('can be tried without Next: a route handler is a function', async () => {
    const GET = session(openHouse().sessions)((_, context) => new Response(String(context.session.increment('count'))))
    const response = await GET(asked('/'), CONTEXT)
    expect(await response.text()).toBe('1')
    expect(response.headers.getSetCookie()).toHaveLength(1)
  })

  it('sends the cookie of what a save in the midst of a request has stored, also where the rest could not be', async () => {
    const { driver, sessions } = openHouse()
    const GET = session(sessions)(async (_, { session: visitor }) => {
      visitor.set('count', 1)
      await visitor.save()
      visitor.set('count', 2)
      driver.commit = () => Promise.reject(new Error('down'))
      return new Response('2')
    })
    const response = await GET(asked('/'), CONTEXT)
    expect([response.status, response.headers.getSetCookie().length]).toEqual([503, 1])
  })

  it('hands the handler what Next does', async () => {
    const GET = session(openHouse().sessions)<{ readonly params: Promise<{ readonly id: string }> }>(
      async (_, { params }) => new Response((await params).id),
    )
    expect(await (await GET(asked('/users/7'), { params: Promise.resolve({ id: '7' }) })).text()).toBe('7')
  })

  it('takes a thrown Response for an answer', async () => {
    const { driver, sessions } = openHouse()
    const GET = session(sessions)((_, context) => {
      context.session.increment('count')
      throw new Response('teapot', { status: 418 })
    })
    expect((await GET(asked('/'), CONTEXT)).status).toBe(418)
    expect((await driver.list()).sessions).toHaveLength(1)
  })

  it('fails, and gives the lock back, when the handler gives no Response', async () => {
    const { driver, sessions } = openHouse()
    const broken: () => Response = () => Reflect.get({}, 'nothing')
    const GET = session(sessions)((_, context) => {
      context.session.increment('count')
      return broken()
    })
    await expect(GET(asked('/'), CONTEXT)).rejects.toThrow('NextResponse.next()')
    expect((await driver.list()).sessions).toEqual([])
  })

  it('answers by onError what it refuses', async () => {
    const guarded = session(openHouse().sessions, { onError: ({ code }, { nextUrl }) => new Response(`${code} ${nextUrl.pathname}`) })
    const POST = guarded(csrf()(() => new Response('done')))
    const response = await POST(asked('/save', { method: 'POST' }), CONTEXT)
    expect([await response.text(), response.headers.get('vary')]).toEqual(['ERR_SESSION_CSRF /save', 'Sec-Fetch-Site, Origin'])
  })

  it('opens no second session inside itself', async () => {
    const { sessions } = openHouse()
    const twice = session(sessions)(session(sessions)((_, context) => new Response(String(context.session.increment('count')))))
    const [line = ''] = (await twice(asked('/'), CONTEXT)).headers.getSetCookie()
    const cookie = line.split(';', 1)[0] ?? ''
    const again = await twice(asked('/', { headers: { cookie } }), CONTEXT)
    expect([again.status, await again.text()]).toEqual([200, '2'])
  })

  it('gives the request that goes on the cookie beside those that the proxy sets itself', async () => {
    const proxy = session(openHouse().sessions)((_, context) => {
      context.session.increment('count')
      const response = NextResponse.next()
      response.cookies.set('theme', 'dark')
      return response
    })
    const response = await proxy(asked('/'), CONTEXT)
    const names = (lines: readonly string[]): string[] => lines.map((line) => line.trim().split('=', 1)[0] ?? '')
    expect(names(response.headers.getSetCookie())).toEqual(['theme', 'ml_session'])
    expect(names((response.headers.get('x-middleware-set-cookie') ?? '').split(','))).toEqual(['theme', 'ml_session'])
  })
})

describe('the guards of holdfast/next', () => {
  it('csrf() compares the origin with the host that the request was sent to', async () => {
    const POST = session(openHouse().sessions)(csrf({ tokens: 'fallback' })(() => new Response('done')))
    const from = async (origin: string): Promise<number> =>
      (await POST(asked('/', { method: 'POST', headers: { origin } }), CONTEXT)).status
    expect([await from('http://shop.example'), await from('http://localhost:3000'), await from('https://evil.example')]).toEqual([
      200, 403, 403,
    ])
  })

  it('ownPages() refuses a page of another site', async () => {
    const GET = session(openHouse().sessions)(ownPages()(() => new Response('secret')))
    const from = async (site: string): Promise<number> => (await GET(asked('/', { headers: { 'sec-fetch-site': site } }), CONTEXT)).status
    expect([await from('same-origin'), await from('cross-site')]).toEqual([200, 403])
  })

  it('logout() logs nobody out by a GET', async () => {
    const GET = session(openHouse().sessions)(logout({ redirect: '/' }))
    expect((await GET(asked('/logout'), CONTEXT)).status).toBe(405)
  })
})

describe('oncePerProcess()', () => {
  it('makes one thing for each name', () => {
    let made = 0
    const make = (): number => (made += 1)
    expect([oncePerProcess('a test: one', make), oncePerProcess('a test: one', make), oncePerProcess('a test: two', make)]).toEqual([
      1, 1, 2,
    ])
  })

  it('keeps what was made although it is undefined', () => {
    let made = 0
    const make = (): void => void (made += 1)
    oncePerProcess('a test: nothing', make)
    oncePerProcess('a test: nothing', make)
    expect(made).toBe(1)
  })

  it('makes it by the next call where it could not be made', () => {
    const fail = (): number => {
      throw new Error('no store')
    }
    expect(() => oncePerProcess('a test: late', fail)).toThrow('no store')
    expect(oncePerProcess('a test: late', () => 1)).toBe(1)
  })
})

describe('options that cannot work', () => {
  const config = (name: string): unknown => expect.objectContaining({ code: 'ERR_SESSION_CONFIG', message: expect.stringContaining(name) })
  const wrong = (options: object): never => options as never

  it('are named', async () => {
    const { sessions } = openHouse()
    expect(() => session(sessions, wrong({ onErorr: 1 }))).toThrow(config("'session.onErorr'"))
    expect(() => session(sessions, wrong({ onError: 1 }))).toThrow(config("'session.onError'"))
    expect(() => action(sessions, wrong({ except: [] }))).toThrow(config("'action.except'"))
    expect(() => action(sessions, wrong({ csrf: { status: 403 } }))).toThrow(config("'action.csrf.status'"))
    expect(() => action(sessions, wrong({ csrf: { tokens: 'never' } }))).toThrow(config("'csrf.tokens'"))
    expect(() => action(sessions, wrong({ concurrency: 'none' }))).toThrow(config("'session.concurrency'"))
    expect(() => oncePerProcess('', () => 1)).toThrow(config("'oncePerProcess'"))
    await expect(readSession(sessions, wrong({ origin: '' }))).rejects.toThrow(config("'readSession.origin'"))
  })
})
