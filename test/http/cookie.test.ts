import { parseSetCookie, stringifySetCookie } from 'cookie'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cookiePolicy } from '../../src/http/cookie.ts'
import type { CookieOptions } from '../../src/http/cookie-options.ts'
import { newSessionId } from '../../src/session/id.ts'

const id = newSessionId()

describe('writing the cookie', () => {
  it('ASVS-3.3.1 ASVS-3.3.2 ASVS-3.3.4 NIST-5.1.1: by default it is __Host-, Secure, HttpOnly, SameSite=Lax, for the whole host', () => {
    expect(cookiePolicy('ml_session').write(id, true)).toBe(`__Host-ml_session=${id}; Path=/; Max-Age=7200; Secure; HttpOnly; SameSite=Lax`)
  })

  it('a lifetime of 0 is a cookie until the browser closes, not one that is deleted at once (D-48)', () => {
    expect(cookiePolicy('s', { lifetimeSeconds: 0 }).write(id, true)).toBe(`__Host-s=${id}; Path=/; Secure; HttpOnly; SameSite=Lax`)
  })

  it('clearing names the same path, domain and partition, or the browser would keep the cookie', () => {
    const policy = cookiePolicy('s', { path: '/app', domain: 'example.com', sameSite: 'None', partitioned: true, lifetimeSeconds: 0 })
    expect(parseSetCookie(policy.clear(true))).toEqual({
      ...parseSetCookie(policy.write(id, true)),
      value: '',
      maxAge: 0,
    })
  })

  it('says what the cookie library would say, for all options', () => {
    fc.assert(
      fc.property(anyOptions, (options) => {
        const policy = cookiePolicy('s', options)
        const { secure, sameSite, domain, path, httpOnly, partitioned, lifetimeSeconds } = policy.settings
        const reference = stringifySetCookie({
          name: policy.form(true).name,
          value: id,
          path,
          ...(domain === undefined ? {} : { domain }),
          ...(lifetimeSeconds === 0 ? {} : { maxAge: lifetimeSeconds }),
          httpOnly,
          secure: secure !== false,
          partitioned,
          sameSite: sameSite === 'Lax' ? 'lax' : sameSite === 'Strict' ? 'strict' : 'none',
        })
        expect(policy.write(id, true).split('; ').toSorted()).toEqual(reference.split('; ').toSorted())
      }),
    )
  })
})

describe("secure: 'auto'", () => {
  const policy = cookiePolicy('s', { secure: 'auto' })

  it('is Secure and prefixed on HTTPS, and neither on plain HTTP, where Safari would drop it even from localhost (S-369)', () => {
    expect(policy.write(id, true)).toBe(`__Host-s=${id}; Path=/; Max-Age=7200; Secure; HttpOnly; SameSite=Lax`)
    expect(policy.write(id, false)).toBe(`s=${id}; Path=/; Max-Age=7200; HttpOnly; SameSite=Lax`)
    expect(policy.clear(false)).toBe('s=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax')
  })

  it('reads the name that it wrote', () => {
    expect(policy.read({ cookieHeader: `s=${id}`, isHttps: false })).toEqual([id])
    expect(policy.read({ cookieHeader: `__Host-s=${id}`, isHttps: true })).toEqual([id])
  })

  it('CS-SM-TLS NIST-5.1-d: carries no session from plain HTTP to HTTPS or back', () => {
    expect(policy.read({ cookieHeader: `s=${id}`, isHttps: true })).toEqual([])
    expect(policy.read({ cookieHeader: `__Host-s=${id}`, isHttps: false })).toEqual([])
  })

  it('takes the safe form where nobody knows', () => {
    expect(policy.write(id, undefined)).toBe(policy.write(id, true))
    expect(policy.read({ cookieHeader: `__Host-s=${id}`, isHttps: undefined })).toEqual([id])
  })

  it('keeps a chosen prefix for HTTPS', () => {
    const chosen = cookiePolicy('s', { secure: 'auto', prefix: '__Secure-' })
    expect([chosen.form(true).name, chosen.form(false).name]).toEqual(['__Secure-s', 's'])
  })
})

const anyOptions: fc.Arbitrary<CookieOptions> = fc
  .record({
    path: fc.constantFrom('/', '/app', '/a b/c'),
    domain: fc.constantFrom(undefined, 'example.com', '.example.com'),
    secure: fc.constantFrom<boolean | 'auto'>(true, false, 'auto'),
    httpOnly: fc.boolean(),
    sameSite: fc.constantFrom<'Lax' | 'Strict' | 'None'>('Lax', 'Strict', 'None'),
    lifetimeSeconds: fc.integer({ min: 0, max: 34_560_000 }),
    partitioned: fc.boolean(),
  })
  .filter(({ secure, sameSite, partitioned }) => secure === true || (sameSite !== 'None' && !partitioned))
