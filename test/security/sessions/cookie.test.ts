import { parseSetCookie } from 'cookie'
import { describe, expect, it } from 'vitest'
import type { CookieOptions } from '../../../src/http/cookie-options.ts'
import { openShop } from '../../manager/support/shop.ts'
import { refusalOf } from '../../support/config-refusal.ts'
import { smallApp } from '../support/session-app.ts'

const HOST_NAMES = ['__Host-s', '__host-s', '__HOST-s', '__hOsT-s']

/** The cookie that a login gets. */
async function cookieOf(name?: string, cookie: CookieOptions = {}): Promise<string> {
  const { setCookie = '' } = await smallApp({ cookie, ...(name !== undefined && { name }) }).ask('/login')
  return setCookie
}

const refused = (name: string | undefined, cookie: unknown = {}): string =>
  refusalOf(() => Reflect.apply(openShop, undefined, [{ cookie, ...(name !== undefined && { name }) }]))

describe('the session cookie', () => {
  it('CS-SM "Name Fingerprinting" its name is that of the PHP library, as the design has it, until `name` says what tells nobody anything', async () => {
    expect(await cookieOf()).toMatch(/^__Host-ml_session=/)
    expect(await cookieOf('id')).toMatch(/^__Host-id=/)
    expect(await cookieOf('id')).not.toMatch(/holdfast|ml_session|node|express/i)
  })

  it('CS-SM "HttpOnly/Secure/SameSite/Prefixes/Domain/Path" by default it has all of them, no Domain, and the whole host', async () => {
    const set = parseSetCookie(await cookieOf())
    expect(set).toMatchObject({ name: '__Host-ml_session', path: '/', secure: true, httpOnly: true, sameSite: 'lax' })
    expect(set.domain).toBeUndefined()
    expect(await cookieOf(undefined, { domain: 'shop.example' })).toMatch(/^__Secure-.*; Domain=shop\.example/)
    expect(refused(undefined, { prefix: '__Host-', domain: 'shop.example' })).toMatch(/^Option 'cookie.domain'/)
    expect(refused(undefined, { sameSite: 'None', secure: false })).toMatch(/^Option 'cookie.sameSite'/)
  })

  it('CS-SM "Expire/Max-Age" it is kept for two hours, as the design has it, and `lifetimeSeconds: 0` ends it with the browser', async () => {
    expect(parseSetCookie(await cookieOf()).maxAge).toBe(7200)
    const browser = await cookieOf(undefined, { lifetimeSeconds: 0 })
    expect(browser).not.toMatch(/max-age|expires/i)
  })

  it('NIST-5.1 b it does not outlive the browser where `lifetimeSeconds` is 0, and by default lives no longer than the idle time', async () => {
    expect(parseSetCookie(await cookieOf(undefined, { lifetimeSeconds: 0 }))).not.toHaveProperty('maxAge')
    expect(parseSetCookie(await cookieOf()).maxAge).toBeLessThanOrEqual(7200)
  })

  it('NIST-5.1.1 it is Secure, HttpOnly, Lax or Strict, of one host and all of its paths, soon over, and opaque', async () => {
    const set = parseSetCookie(await cookieOf())
    expect(set).toMatchObject({ secure: true, httpOnly: true, sameSite: 'lax', path: '/', maxAge: 7200 })
    expect(set.name).toMatch(/^__Host-/)
    expect(set.value).toMatch(/^[0-9a-f]{40}$/)
    expect(await cookieOf(undefined, { sameSite: 'Strict' })).toContain('SameSite=Strict')
  })

  it('6265bis-4.1 its name is a token, never empty, and its value has nothing that must be quoted', async () => {
    for (const name of ['', ' ', 'a b', 'a;b', 'a=b', 'a,b', 'a"b', 'a\\b', 'ä', 'a\r\nb', 'a/b', 'a\0', 'a\u007f', '(a)', 'a@b', 'a[0]']) {
      expect(refused(name)).toMatch(/^Option 'name'/)
    }
    const value = parseSetCookie(await cookieOf("!#$%&'*+-.^_`|~09azAZ")).value ?? ''
    expect(value).not.toBe('')
    expect(value).not.toMatch(/[\p{Cc}\s",;\\]/u)
    for (const path of ['', 'app', '/a;b', '/a\r\nb', '/a\u007f', '/ä'])
      expect(refused(undefined, { path })).toMatch(/^Option 'cookie.path'/)
  })

  it('6265bis-4.1.3 a name with __Secure- or __Host- is held to what the prefix promises', async () => {
    expect(refused('__Secure-s', { secure: false })).toMatch(/^Option 'cookie.secure'/)
    for (const rule of [{ secure: false }, { path: '/app' }, { domain: 'shop.example' }]) {
      const [option] = Object.keys(rule)
      expect(refused('__Host-s', rule)).toMatch(new RegExp(`^Option 'cookie.${option}'`))
      expect(refused('s', { prefix: '__Host-', ...rule })).toMatch(new RegExp(`^Option 'cookie.${option}'`))
    }
    expect(await cookieOf('__Secure-s', { path: '/app' })).toMatch(/^__Secure-s=.*; Path=\/app; .*Secure/)
  })

  it('6265bis-5.4 in any case of its letters, as browsers compare them', async () => {
    for (const name of HOST_NAMES) {
      expect(await cookieOf(name)).toMatch(new RegExp(`^${name}=`))
      for (const rule of [{ secure: false }, { secure: 'auto' }, { path: '/app' }, { domain: 'shop.example', prefix: 'none' }]) {
        expect(refused(name, rule)).toMatch(/^Option 'cookie\./)
      }
    }
    expect(refused('__SECURE-s', { secure: false, prefix: 'none' })).toMatch(/^Option 'cookie.secure'/)
  })

  it('6265bis-5.5 a lifetime of more than 400 days is refused', async () => {
    expect(await cookieOf(undefined, { lifetimeSeconds: 34_560_000 })).toContain('; Max-Age=34560000')
    expect(refused(undefined, { lifetimeSeconds: 34_560_001 })).toMatch(/^Option 'cookie.lifetimeSeconds'.*34560000/)
  })

  it('6265bis-5.6 no attribute is longer than 1024 octets, from where on browsers ignore it', async () => {
    expect(await cookieOf(undefined, { path: `/${'a'.repeat(1023)}` })).toContain('a'.repeat(1023))
    expect(refused(undefined, { path: `/${'a'.repeat(1024)}` })).toMatch(/^Option 'cookie.path'/)
    expect(refused(undefined, { domain: `${'a.'.repeat(600)}example` })).toMatch(/^Option 'cookie.domain'/)
  })

  it('6265bis-5.7 a cookie of more than 4096 octets is refused at start, and never sent', async () => {
    const longest = 4096 - (await cookieOf('s')).length - '__Host-'.length
    expect(refused('s'.repeat(4000))).toMatch(/^Option 'name'.*4096/)
    expect((await cookieOf('s'.repeat(longest))).length).toBeLessThanOrEqual(4096)
  })

  it('6265bis "Lax-allowing-unsafe" SameSite is always written, so that no browser takes the default that lets early POSTs through', async () => {
    for (const cookie of [
      {},
      { secure: false },
      { secure: 'auto' },
      { prefix: 'none' },
      { sameSite: 'Strict' },
    ] satisfies CookieOptions[]) {
      expect(await cookieOf(undefined, cookie)).toMatch(/; SameSite=(?:Lax|Strict)(?:;|$)/)
    }
    for (const sameSite of ['', 'default', null, false]) expect(refused(undefined, { sameSite })).toMatch(/^Option 'cookie.sameSite'/)
  })

  it('layered-cookies names with __Http- and __Host-Http- are taken, and held to HttpOnly and the rest', async () => {
    expect(await cookieOf('__Http-s', { path: '/app' })).toMatch(/^__Http-s=.*; Secure; HttpOnly/)
    expect(await cookieOf('__Host-Http-s')).toMatch(/^__Host-Http-s=.*; Path=\/; .*Secure; HttpOnly/)
    for (const name of ['__Http-s', '__Host-Http-s', '__host-HTTP-s']) {
      expect(refused(name, { httpOnly: false })).toMatch(/^Option 'cookie.httpOnly'/)
      expect(refused(name, { secure: false })).toMatch(/^Option 'cookie.secure'/)
    }
    expect(refused('__Host-Http-s', { path: '/app' })).toMatch(/^Option 'cookie.path'/)
  })
})
