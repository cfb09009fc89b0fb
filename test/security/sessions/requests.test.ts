import { beforeEach, describe, expect, it, vi } from 'vitest'
import { visit } from '../../manager/support/shop.ts'
import { smallApp } from '../support/session-app.ts'

const MINUTE_MS = 60_000
const idOf = (cookie = ''): string => cookie.slice(cookie.indexOf('=') + 1)

describe('the session of a request', () => {
  // Over plain HTTP it is warned, rightly.
  beforeEach(() => void vi.spyOn(console, 'warn').mockImplementation(() => undefined))

  it('CS-SM "Used vs Accepted" an id in the query, the body or another header is ignored', async () => {
    const { ask, driver } = smallApp()
    const { cookie = '' } = await ask('/login')
    const id = idOf(cookie)
    driver.forget()
    for (const name of ['__Host-ml_session', 'ml_session', 'PHPSESSID', 'sid', 'session_id']) {
      expect((await ask(`/?${name}=${id}`)).text).toBe('nobody')
      expect((await ask(`/;${name}=${id}`)).text).toBe('nobody')
      const form = { 'content-type': 'application/x-www-form-urlencoded' }
      expect((await ask('/', form, { method: 'POST', body: `${name}=${id}` })).text).toBe('nobody')
      expect((await ask('/', { [`x-${name.toLowerCase()}`]: id, [name]: id })).text).toBe('nobody')
    }
    for (const header of ['authorization', 'x-session-id', 'x-auth-token', 'set-cookie', 'cookie2', 'x-cookie', 'referer']) {
      expect((await ask('/', { [header]: `Bearer ${id}` })).text).toBe('nobody')
      expect((await ask('/', { [header]: cookie })).text).toBe('nobody')
    }
    expect(driver.methods).toEqual([])
    expect((await ask('/', { cookie })).text).toBe('ada')
  })

  it('ASVS-7.2.1 no header that names a user, a role or a time makes a visitor somebody', async () => {
    const { ask, clock } = smallApp({ lifetime: { idleSeconds: 600, touchEverySeconds: 0 } })
    const claims = {
      'x-user-id': 'ada',
      'x-forwarded-user': 'ada',
      'remote-user': 'ada',
      date: 'Tue, 01 Jan 2030 00:00:00 GMT',
      'x-session-expires': '9999999999',
    }
    expect((await ask('/', claims)).text).toBe('nobody')
    const { cookie = '' } = await ask('/login')
    clock.advance(10 * MINUTE_MS)
    expect((await ask('/', { ...claims, cookie: `${cookie}; user_id=ada; expires=9999999999` })).text).toBe('nobody')
  })

  it('CS-SM "TLS" no session goes on over https that began over http, nor back', async () => {
    const { ask } = smallApp({ cookie: { secure: 'auto' } })
    const plain = (await ask('http://shop.example/login')).cookie ?? ''
    expect((await ask('http://shop.example/', { cookie: plain })).text).toBe('ada')
    expect((await ask('https://shop.example/', { cookie: plain })).text).toBe('nobody')
    const secure = (await ask('https://shop.example/login')).cookie ?? ''
    expect((await ask('https://shop.example/', { cookie: secure })).text).toBe('ada')
    expect((await ask('http://shop.example/', { cookie: secure })).text).toBe('nobody')
    expect(idOf(secure)).not.toBe(idOf(plain))
  })

  it('NIST-5.1 d after a login nothing is sent that a browser would send over http: by default the cookie is Secure on every request', async () => {
    const { ask } = smallApp()
    for (const url of ['https://shop.example/login', 'http://shop.example/login', 'http://localhost/login']) {
      const { setCookie = '', text } = await ask(url)
      expect([text, setCookie]).toEqual(['ada', expect.stringMatching(/^__Host-.*; Secure(?:;|$)/)])
    }
    const auto = smallApp({ cookie: { secure: 'auto' } })
    expect((await auto.ask('https://shop.example/login')).setCookie).toMatch(/^__Host-.*; Secure;/)
  })

  it('CS-SM "Caching" every answer that sets the cookie is no-store, whatever its page said of caches', async () => {
    const { ask } = smallApp()
    const login = await ask('/login')
    const { cookie = '' } = login
    const left = await ask('/logout', { cookie }, { method: 'POST' })
    for (const { setCookie, headers } of [login, await ask('/keep'), left]) {
      expect([setCookie, headers.get('cache-control')]).toEqual([expect.any(String), 'no-store'])
    }
    for (const said of ['no-cache="Set-Cookie"', 'public, max-age=3600', 'private', 'private, max-age=60', 'no-cache']) {
      const { setCookie, headers } = await ask(`/keep?cache=${encodeURIComponent(said)}`)
      expect([said, setCookie, headers.get('cache-control')]).toEqual([said, expect.any(String), expect.stringMatching(/\bno-store\b/)])
    }
    const other = await ask('/?cache=public')
    expect([other.setCookie, other.headers.get('cache-control')]).toEqual([undefined, 'public'])
  })

  it('NIST-5.1 e a POST or PUT must bring the token of this very session', async () => {
    const { ask } = smallApp({}, true)
    const [ada, eve] = [await ask('/token'), await ask('/token')]
    const change = async (method: string, token?: string): Promise<number> => {
      const headers = {
        cookie: ada.cookie ?? '',
        origin: 'https://shop.example',
        ...(token === undefined ? {} : { 'x-csrf-token': token }),
      }
      return (await ask('/keep', headers, { method })).status
    }
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      expect([await change(method), await change(method, eve.text), await change(method, ada.text)]).toEqual([403, 403, 200])
    }
  })

  it('NIST-5.1 f a logout is one handler: it ends the session, clears the cookie, and takes no link for a wish', async () => {
    const { ask, memory } = smallApp()
    const { cookie = '' } = await ask('/login')
    expect((await ask('/logout', { cookie })).status).toBe(405)
    expect((await ask('/', { cookie })).text).toBe('ada')
    const left = await ask('/logout', { cookie }, { method: 'POST' })
    expect([left.status, left.setCookie]).toEqual([204, expect.stringContaining('Max-Age=0')])
    expect((await ask('/', { cookie })).text).toBe('nobody')
    expect((await memory.list()).sessions).toEqual([])
  })

  it('ASVS-7.4.4 the logout handler stands behind the check of forged requests', async () => {
    const { ask } = smallApp({}, true)
    const { cookie = '' } = await ask('/login')
    const { text: token } = await ask('/token', { cookie })
    const leave = (headers: Record<string, string>): Promise<number> =>
      ask('/logout', { cookie, ...headers }, { method: 'POST' }).then(({ status }) => status)
    expect([await leave({}), await leave({ origin: 'https://evil.example', 'x-csrf-token': token })]).toEqual([403, 403])
    expect((await ask('/', { cookie })).text).toBe('ada')
    expect(await leave({ origin: 'https://shop.example', 'x-csrf-token': token })).toBe(204)
    expect((await ask('/', { cookie })).text).toBe('nobody')
  })

  it('NIST-5.1.1 the end of the cookie is not what ends the session: the server decides, in both directions', async () => {
    const long = smallApp({ cookie: { lifetimeSeconds: 34_560_000 }, lifetime: { idleSeconds: 600, touchEverySeconds: 0 } })
    const { cookie: kept = '' } = await long.ask('/login')
    long.clock.advance(10 * MINUTE_MS)
    expect((await long.ask('/', { cookie: kept })).text).toBe('nobody')
    const short = smallApp({ cookie: { lifetimeSeconds: 60 } })
    const { cookie: copied = '' } = await short.ask('/login')
    short.clock.advance(10 * MINUTE_MS)
    expect((await short.ask('/', { cookie: copied })).text).toBe('ada')
  })

  it('NIST-5.1 b nothing but the cookie holds the secret: no page, no header, and nothing for web storage', async () => {
    const { ask, sessions } = smallApp()
    const { cookie = '', text, headers } = await ask('/login')
    const id = idOf(cookie)
    const others = [...headers].filter(([name]) => name !== 'set-cookie')
    expect(JSON.stringify([text, others])).not.toContain(id)
    expect(cookie).toBe(`__Host-ml_session=${id}`)
    const { session } = await visit(sessions, id, { concurrency: 'readonly' })
    expect(JSON.stringify([session, session.all(), session.handle])).not.toContain(id)
  })
})
