import { inspect } from 'node:util'
import { describe, expect, it, vi } from 'vitest'
import { SessionManager } from '../../../src/manager/session-manager.ts'
import { MemoryDriver } from '../../../src/drivers/memory.ts'
import type { CookieOptions } from '../../../src/http/cookie-options.ts'
import { codeOf } from '../../manager/support/shop.ts'
import { ADDRESS, Visitor, arrived, builds, countOf, openSite } from './sites.ts'

const COOKIE = /^__Host-ml_session=([0-9a-f]{40}); Path=\/; Max-Age=7200; Secure; HttpOnly; SameSite=Lax$/

/** What making a manager with these cookie options fails with; `undefined` when it is made. */
async function madeWith(cookie: CookieOptions, name?: string): Promise<unknown> {
  const driver = new MemoryDriver({ acknowledged: true })
  return await codeOf(
    Promise.resolve().then(() => {
      const sessions = new SessionManager({ driver, cookie, ...(name !== undefined && { name }) })
      return Promise.reject(sessions.name)
    }),
  )
}

describe.each(builds)('the cookie of %s', (_name, build) => {
  it('ASVS-3.3.1 is Secure, and has __Host- or else __Secure- before its name', async () => {
    vi.spyOn(console, 'warn').mockReturnValue() // of a Domain that is not this machine's
    for (const [cookie, expected] of [
      [{}, /^__Host-ml_session=.*; Secure;/],
      [{ path: '/shop' }, /^__Secure-ml_session=.*; Secure;/],
      [{ domain: 'test.example' }, /^__Secure-ml_session=.*; Secure;/],
    ] as const) {
      const [line] = (await new Visitor(await openSite(build, { manager: { cookie } })).get('/count')).setCookie
      expect(line).toMatch(expected)
    }
  })

  it('ASVS-3.3.2 says SameSite each time, when it is cleared too', async () => {
    const { visitor, token } = await arrived(await openSite(build))
    const cleared = (await visitor.post('/logout', { form: { _csrf: token } })).setCookie
    const again = (await visitor.get('/count')).setCookie
    expect(cleared).toEqual([expect.stringMatching(/Max-Age=0;.*SameSite=Lax$/)])
    expect(again).toEqual([expect.stringMatching(/SameSite=Lax$/)])
  })

  it('ASVS-3.3.3 is __Host-, for the whole host and no Domain, where nothing else is asked for', async () => {
    expect((await new Visitor(await openSite(build)).get('/count')).setCookie).toEqual([expect.stringMatching(COOKIE)])
  })

  it('ASVS-3.3.4 is HttpOnly, and its id stands in no body, no other header, no event and no log', async () => {
    const said: unknown[] = []
    for (const method of ['log', 'info', 'warn', 'error'] as const)
      vi.spyOn(console, method).mockImplementation((...args) => said.push(args))
    const site = await openSite(build)
    const visitor = new Visitor(site)
    const answers = [await visitor.get('/count'), await visitor.get('/token'), await visitor.post('/count'), await visitor.get('/look')]
    expect(answers[0]?.setCookie).toEqual([expect.stringContaining('; HttpOnly;')])
    const ids = [visitor.id]
    answers.push(await visitor.post('/login', { form: { _csrf: answers[1]?.body ?? '' } }))
    ids.push(visitor.id)
    expect(new Set(ids).size).toBe(2)
    const seen = answers.map(({ body, headers }) => [body, [...headers].filter(([name]) => name !== 'set-cookie')])
    const shown = inspect([seen, site.shop.events, said], { depth: 20 })
    for (const id of ids) expect(shown).not.toContain(id)
  })

  it('ASVS-4.2.5 is of one length, whatever the session holds, and stays the only one', async () => {
    const site = await openSite(build, { csrf: { cookie: true } })
    const { visitor } = await arrived(site)
    const before = visitor.jar.header('/')?.length
    await site.shop.another().run(visitor.id, (session) => session.set('big', 'x'.repeat(100_000)))
    for (let n = 0; n < 5; n++) await visitor.get('/count')
    const header = visitor.jar.header('/') ?? ''
    expect(header.length).toBe(before)
    const names = header.split('; ').map((pair) => pair.split('=')[0])
    expect(names.toSorted()).toEqual(['XSRF-TOKEN', '__Host-ml_session'])
    expect(header.length).toBeLessThan(300)
  })

  it('ASVS-5.3.2 what has not the form of an id is asked of no store', async () => {
    const site = await openSite(build)
    const { visitor } = await arrived(site)
    const hostile = [
      '../../etc/passwd',
      '%2e%2e%2f',
      `${visitor.id}/..`,
      visitor.id.toUpperCase(),
      'a'.repeat(41),
      'a'.repeat(5000),
      '*',
      '"',
      '',
    ]
    site.shop.driver.forget()
    for (const value of hostile) {
      const stranger = new Visitor(site)
      expect((await stranger.get('/look', { headers: { cookie: `__Host-ml_session=${value}` } })).body).toBe('undefined')
    }
    expect(site.shop.driver.methods).toEqual([])
  })

  it('ASVS-14.2.1 no URL carries an id in, and none goes out in one', async () => {
    const site = await openSite(build)
    const { visitor } = await arrived(site)
    const stranger = new Visitor(site)
    for (const path of [`/look?ml_session=${visitor.id}`, `/look?__Host-ml_session=${visitor.id}`, `/look?PHPSESSID=${visitor.id}`]) {
      expect((await stranger.get(path)).body).toBe('undefined')
    }
    const answer = await visitor.get('/count')
    expect(answer.body).toBe('2')
    expect([answer.headers.get('location'), answer.headers.get('link'), answer.headers.get('refresh')]).toEqual([null, null, null])
  })

  it('ASVS-14.2.2 no shared cache keeps an answer that sets it, nor one that sets the token’s', async () => {
    const site = await openSite(build, { csrf: { cookie: true } })
    const visitor = new Visitor(site)
    const first = await visitor.get('/cached')
    expect(first.setCookie).toContainEqual(expect.stringContaining('ml_session='))
    expect(first.headers.get('cache-control')).toBe('no-store')
    const next = await visitor.get('/cached')
    expect(next.setCookie).toEqual([expect.stringContaining('XSRF-TOKEN=')])
    expect(next.headers.get('cache-control')).toBe('no-store')
  })

  it('ASVS-14.3.2 no browser’s cache keeps an answer that sets it; another answer is the application’s to say', async () => {
    const visitor = new Visitor(await openSite(build))
    const first = await visitor.get('/cached')
    expect([first.setCookie.length, first.headers.get('cache-control')]).toEqual([1, 'no-store'])
    const next = await visitor.get('/cached')
    expect([next.setCookie, next.headers.get('cache-control')]).toEqual([[], 'public, max-age=60'])
  })

  it('ASVS-14.3.1 is cleared by the logout, which can have the browser forget more', async () => {
    const site = await openSite(build)
    const { visitor, token } = await arrived(site)
    const { id } = visitor
    const { status, headers, setCookie } = await visitor.post('/logout', { form: { _csrf: token } })
    expect([status, headers.get('clear-site-data')]).toEqual([204, '"storage"'])
    expect(setCookie).toEqual([expect.stringMatching(/^__Host-ml_session=; Path=\/; Max-Age=0;/)])
    expect(await site.shop.peek(id)).toBeUndefined()
    expect(visitor.jar.header('/')).toBeUndefined()
  })

  it('ASVS-15.3.4 the address is that of the connection, and a header changes it only where proxies are named', async () => {
    const forged = { 'x-forwarded-for': '198.51.100.66', forwarded: 'for=198.51.100.66', 'x-real-ip': '198.51.100.66' }
    const plain = new Visitor(await openSite(build))
    const own = build === builds[0]?.[1] ? ADDRESS : '127.0.0.1'
    expect((await plain.get('/where', { headers: forged })).body).toBe(own)
    const behind = new Visitor(await openSite(build, { trustProxy: 1 }))
    const client = { 'x-forwarded-for': '198.51.100.66, 192.0.2.4' }
    expect((await behind.get('/where', { headers: client })).body).toBe('192.0.2.4')
  })

  it('ASVS-15.3.7 of cookies that came twice each is looked up in order, and none of them makes another id', async () => {
    const site = await openSite(build)
    const { visitor } = await arrived(site)
    const planted = 'a'.repeat(40)
    const both = `__Host-ml_session=${planted}; __Host-ml_session=${visitor.id}`
    const answer = await visitor.get('/look', { headers: { cookie: both } })
    expect(answer.body).toBe('1')
    expect(answer.setCookie).toEqual([expect.stringContaining(`=${visitor.id};`)])
    const joined = await new Visitor(site).get('/look', { headers: { cookie: `__Host-ml_session=${visitor.id},${planted}` } })
    expect([joined.body, await countOf(site, visitor)]).toEqual(['undefined', 1])
  })
})

describe('the options of the cookie', () => {
  it('ASVS-3.3.1 what a browser takes from Secure cookies only is refused without it', async () => {
    for (const secure of [false, 'auto'] as const) {
      expect(await madeWith({ secure, sameSite: 'None' })).toBe('ERR_SESSION_CONFIG')
      expect(await madeWith({ secure, partitioned: true })).toBe('ERR_SESSION_CONFIG')
    }
    expect(await madeWith({ secure: false, prefix: '__Secure-' })).toBe('ERR_SESSION_CONFIG')
    expect(await madeWith({ secure: true, sameSite: 'None' })).toBe('ml_session')
  })

  it('ASVS-3.3.3 a Domain, another Path or no Secure beside __Host- is refused at start, in any case of the letters', async () => {
    const wrong: CookieOptions[] = [{ domain: 'shop.example' }, { path: '/shop' }, { secure: false }]
    for (const cookie of wrong) {
      expect(await madeWith({ ...cookie, prefix: '__Host-' })).toBe('ERR_SESSION_CONFIG')
      for (const name of ['__Host-id', '__HOST-id', '__host-id']) expect(await madeWith(cookie, name)).toBe('ERR_SESSION_CONFIG')
    }
    expect(await madeWith({}, '__Host-id')).toBe('__Host-id')
  })

  it('ASVS-3.3.5 a cookie that would be longer than 4096 octets is refused at start', async () => {
    const longest = 4096 - '__Host-=; Path=/; Max-Age=7200; Secure; HttpOnly; SameSite=Lax'.length - 40
    expect(await madeWith({}, 'n'.repeat(longest))).toBe('n'.repeat(longest))
    expect(await madeWith({}, 'n'.repeat(longest + 1))).toBe('ERR_SESSION_CONFIG')
  })
})
