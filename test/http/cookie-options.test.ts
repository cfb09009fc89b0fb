import { describe, expect, it } from 'vitest'
import { cookiePolicy } from '../../src/http/cookie.ts'
import type { CookieOptions } from '../../src/http/cookie-options.ts'
import { SessionError } from '../../src/session/errors.ts'

function nameOf(name: string, options: CookieOptions): string {
  return cookiePolicy(name, options).form(true).name
}

// What JavaScript callers and configuration files can pass in spite of the types.
function untyped(options: Record<string, unknown>): CookieOptions {
  return options
}

describe('the name of the cookie', () => {
  it('ASVS-3.3.1 ASVS-3.3.3: has __Host- before it by default', () => {
    expect(nameOf('ml_session', {})).toBe('__Host-ml_session')
  })

  it('ASVS-3.3.1: has __Secure- where a path or a domain rules __Host- out', () => {
    expect(nameOf('s', { path: '/app' })).toBe('__Secure-s')
    expect(nameOf('s', { domain: 'example.com' })).toBe('__Secure-s')
  })

  it('has no prefix where it is not Secure, or none is wanted', () => {
    expect(nameOf('s', { secure: false })).toBe('s')
    expect(nameOf('s', { prefix: 'none' })).toBe('s')
    expect(nameOf('s', { prefix: '__Secure-' })).toBe('__Secure-s')
  })

  it('ASVS-3.3.3 6265bis-4.1.3: a prefix whose rules are not met is refused at construction', () => {
    expect(() => cookiePolicy('s', { prefix: '__Host-', domain: 'example.com' })).toThrow("Option 'cookie.domain'")
    expect(() => cookiePolicy('s', { prefix: '__Host-', path: '/app' })).toThrow("Option 'cookie.path'")
    expect(() => cookiePolicy('s', { prefix: '__Host-', secure: false })).toThrow("Option 'cookie.secure'")
    expect(() => cookiePolicy('s', { prefix: '__Secure-', secure: false })).toThrow("Option 'cookie.secure'")
  })

  it('6265bis-5.4: a name that brings a prefix, in any case, is held to its rules and gets no second one', () => {
    for (const name of ['__Host-s', '__host-s', '__HOST-s']) {
      expect(nameOf(name, {})).toBe(name)
      expect(nameOf(name, { prefix: '__Host-' })).toBe(name)
      expect(() => cookiePolicy(name, { path: '/app' })).toThrow("Option 'cookie.path'")
      expect(() => cookiePolicy(name, { domain: 'example.com', prefix: 'none' })).toThrow("Option 'cookie.domain'")
      expect(() => cookiePolicy(name, { secure: false })).toThrow("Option 'cookie.secure'")
      expect(() => cookiePolicy(name, { secure: 'auto' })).toThrow("Option 'cookie.secure'")
      expect(() => cookiePolicy(name, { prefix: '__Secure-' })).toThrow("Option 'cookie.prefix'")
    }
    expect(nameOf('__secure-s', { path: '/app' })).toBe('__secure-s')
    expect(() => cookiePolicy('__secure-s', { secure: false, prefix: 'none' })).toThrow("Option 'cookie.secure'")
  })

  it('layered-cookies: __Http- and __Host-Http- names are taken, and demand HttpOnly', () => {
    expect(nameOf('__Host-Http-s', {})).toBe('__Host-Http-s')
    expect(nameOf('__Http-s', { path: '/app' })).toBe('__Http-s')
    expect(() => cookiePolicy('__Http-s', { httpOnly: false })).toThrow("Option 'cookie.httpOnly'")
    expect(() => cookiePolicy('__Host-Http-s', { httpOnly: false })).toThrow("Option 'cookie.httpOnly'")
    expect(() => cookiePolicy('__Host-Http-s', { path: '/app' })).toThrow("Option 'cookie.path'")
  })

  it('6265bis-4.1: is a token, never empty', () => {
    for (const name of ['', 'a b', 'a;b', 'a=b', 'a,b', 'a"b', 'ä', 'a\r\nb', 'a/b', 'a\0']) {
      expect(() => cookiePolicy(name)).toThrow("Option 'name'")
    }
    expect(nameOf("!#$%&'*+-.^_`|~09azAZ", { prefix: 'none' })).toBe("!#$%&'*+-.^_`|~09azAZ")
  })
})

describe('the attributes of the cookie', () => {
  it('ASVS-3.3.2 6265bis-Lax-allowing-unsafe: SameSite is always written, Lax by default, in any case it was given', () => {
    expect(cookiePolicy('s').settings.sameSite).toBe('Lax')
    expect(cookiePolicy('s', untyped({ sameSite: 'STRICT' })).settings.sameSite).toBe('Strict')
    for (const sameSite of ['', 'Bogus', null, true])
      expect(() => cookiePolicy('s', untyped({ sameSite }))).toThrow("Option 'cookie.sameSite'")
  })

  it('SameSite=None and Partitioned demand Secure on every request', () => {
    expect(cookiePolicy('s', { sameSite: 'None', partitioned: true }).settings.partitioned).toBe(true)
    for (const secure of [false, 'auto'] as const) {
      expect(() => cookiePolicy('s', { sameSite: 'None', secure })).toThrow("Option 'cookie.sameSite'")
      expect(() => cookiePolicy('s', { partitioned: true, secure })).toThrow("Option 'cookie.partitioned'")
    }
  })

  it('6265bis-5.5: a lifetime above 400 days, below zero or not whole is refused', () => {
    expect(cookiePolicy('s', { lifetimeSeconds: 34_560_000 }).settings.lifetimeSeconds).toBe(34_560_000)
    for (const lifetimeSeconds of [34_560_001, -1, 1.5, Number.NaN, Infinity]) {
      expect(() => cookiePolicy('s', { lifetimeSeconds })).toThrow("Option 'cookie.lifetimeSeconds'")
    }
  })

  it('S-362: a path that could break out of its attribute is refused', () => {
    for (const path of ['', 'app', '/x; Domain=evil.example', '/a\r\nb', '/a\u007F', '/ä', '/a ']) {
      expect(() => cookiePolicy('s', { path })).toThrow("Option 'cookie.path'")
    }
    expect(cookiePolicy('s', { path: '/a b' }).settings.path).toBe('/a b')
  })

  it('6265bis-5.6: an attribute longer than 1024 octets is refused, since browsers would ignore it', () => {
    expect(cookiePolicy('s', { path: `/${'a'.repeat(1023)}` }).settings.path).toHaveLength(1024)
    expect(() => cookiePolicy('s', { path: `/${'a'.repeat(1024)}` })).toThrow("Option 'cookie.path'")
  })

  it('S-330: a domain must be one', () => {
    for (const domain of ['example.com', '.example.com', 'localhost', 'xn--bcher-kva.example', 'a-b.c1.example']) {
      expect(cookiePolicy('s', { domain }).settings.domain).toBe(domain)
    }
    const labels = 'a.'.repeat(126)
    for (const domain of [
      '',
      '.',
      'a..b',
      'example.com.',
      '-a.example',
      'a_b.example',
      'https://a.example',
      'a.example:80',
      '127.0.0.1',
      '0',
      `${labels}aaa`,
      `${'a'.repeat(64)}.b`,
    ]) {
      expect(() => cookiePolicy('s', { domain })).toThrow("Option 'cookie.domain'")
    }
  })

  it('ASVS-3.3.5 6265bis-5.7: a cookie longer than 4096 octets is refused at construction', () => {
    const attributes = cookiePolicy('s', { prefix: 'none' }).form(true).tail.length
    const longest = 4096 - attributes - 1 - 40
    expect(cookiePolicy('s'.repeat(longest), { prefix: 'none' }).form(true).name).toHaveLength(longest)
    expect(() => cookiePolicy('s'.repeat(longest + 1), { prefix: 'none' })).toThrow('4097 octets')
  })

  it('S-346: an unknown field is refused and the nearest known one named', () => {
    expect(() => cookiePolicy('s', untyped({ httponly: true }))).toThrow("Did you mean 'httpOnly'?")
    expect(() => cookiePolicy('s', untyped({ maxAge: 5 }))).toThrow(SessionError)
  })

  it('S-331 S-332: texts and numbers are no switches', () => {
    for (const value of ['true', 'false', 1, 0, '', null]) {
      expect(() => cookiePolicy('s', untyped({ secure: value }))).toThrow("Option 'cookie.secure'")
      expect(() => cookiePolicy('s', untyped({ httpOnly: value }))).toThrow("Option 'cookie.httpOnly'")
      expect(() => cookiePolicy('s', untyped({ partitioned: value }))).toThrow("Option 'cookie.partitioned'")
    }
  })
})
