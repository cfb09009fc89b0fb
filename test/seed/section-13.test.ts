import { describe, expect, it } from 'vitest'
import { session } from '../../src/adapters/fetch.ts'
import type { FetchHandler, FetchSessionOptions } from '../../src/adapters/fetch.ts'
import type { Session } from '../../src/session/session.ts'
import { testClient } from '../../src/testing/test-client.ts'
import type { TestClient } from '../../src/testing/test-client.ts'
import { openShop } from '../manager/support/shop.ts'
import type { Shop } from '../manager/support/shop.ts'

type Handler = FetchHandler<{ readonly session: Session }>

function appOf(handler: Handler, options: FetchSessionOptions = {}): { shop: Shop; client: TestClient } {
  const shop = openShop()
  return { shop, client: testClient(session(shop.sessions, options)(handler)) }
}

const counting: Handler = (_request, context) => new Response(String(context.session.increment('n')))

describe('the middleware', () => {
  it('S-350 S-355 S-359: find the id, lock and read, run the handler, store and unlock, send: in this order', async () => {
    const { shop, client } = appOf((request, context) => {
      shop.driver.calls.push({ method: 'open', key: undefined, args: ['the handler runs'] })
      return counting(request, context)
    })
    await client.get('/')
    shop.driver.forget()
    expect(await (await client.get('/')).text()).toBe('2')
    expect(shop.driver.calls.map(({ method, args }) => args[0] === 'the handler runs' ? 'handler' : method)).toEqual(['acquire', 'handler', 'commit']) // prettier-ignore
    await shop.idle()
  })

  it('S-351: enabled: false lets all pass without a session and without a cookie; only true and false are taken', async () => {
    const { shop, client } = appOf((_request, context) => new Response(String('session' in context)), { enabled: false })
    const response = await client.get('/')
    expect([await response.text(), response.headers.getSetCookie(), shop.driver.calls]).toEqual(['false', [], []])
    for (const enabled of [null, 'false', 0]) {
      expect(() => Reflect.apply(session, undefined, [shop.sessions, { enabled }])).toThrow("Option 'session.enabled'")
    }
  })

  it('S-358: the handler gets the session, under another name if it asks for one', async () => {
    const { sessions } = openShop()
    const app = session(sessions, { as: 'staff' })((_request, { staff }) => new Response(staff.name))
    expect(await (await app(new Request('https://shop.example/'))).text()).toBe('ml_session')
  })

  it('S-360 S-387: a handler that throws stores nothing, its own error goes on, and the lock is given back', async () => {
    const { shop, client } = appOf((request, context) => {
      const counted = counting(request, context)
      if (request.url.endsWith('/broken')) throw new RangeError('of the handler')
      return counted
    })
    await client.get('/')
    await expect(client.get('/broken')).rejects.toThrow(new RangeError('of the handler'))
    expect(shop.events.at(-1)).toMatchObject({ kind: 'discarded', cause: new RangeError('of the handler') })
    expect(await (await client.get('/')).text()).toBe('2')
    await shop.idle()
  })

  it('S-361: the cookie is added to those that the handler sets', async () => {
    const { client } = appOf((_request, context) => {
      context.session.set('a', 1)
      return new Response(null, { headers: { 'set-cookie': 'theme=dark' } })
    })
    const cookies = (await client.get('/')).headers.getSetCookie()
    expect(cookies.map((cookie) => cookie.split('=', 1)[0])).toEqual(['theme', '__Host-ml_session'])
  })

  it('S-363: the cookie is sent when the id is new or its time renewed, never on others, and no cache keeps it', async () => {
    const { shop, client } = appOf((request, context) => (request.url.endsWith('/read') ? new Response() : counting(request, context)))
    const [first, second, read] = [await client.get('/'), await client.get('/'), await client.get('/read')]
    expect([first, second, read].map((response) => response.headers.getSetCookie().length)).toEqual([1, 0, 0])
    expect([first, second].map((response) => response.headers.get('cache-control'))).toEqual(['no-store', null])
    shop.clock.advance(61_000)
    const renewed = await client.get('/read')
    expect([renewed.headers.getSetCookie().length, renewed.headers.get('cache-control')]).toEqual([1, 'no-store'])
  })

  it('S-364: after regenerate and invalidate the cookie has the new id', async () => {
    let id = ''
    const { client } = appOf(async (request, { session: visitor }) => {
      visitor.set('a', 1)
      if (request.url.endsWith('/regenerate')) await visitor.regenerate()
      if (request.url.endsWith('/invalidate')) {
        await visitor.invalidate()
        visitor.set('b', 1)
      }
      id = visitor.id
      return new Response()
    })
    for (const path of ['/', '/regenerate', '/invalidate']) {
      const before = id
      await client.get(path)
      expect(id, path).not.toBe(before)
      expect(client.jar.get('__Host-ml_session'), path).toBe(id)
    }
  })

  it('S-370: what is written once the response has begun is refused, and the lock is free by then', async () => {
    let write = (): void => undefined
    const { shop, client } = appOf((_request, { session: visitor }) => {
      visitor.set('a', 1)
      write = () => visitor.set('a', 2)
      return new Response('streams on')
    })
    await client.get('/')
    await shop.idle()
    expect(write).toThrow('Session is closed')
  })
})
