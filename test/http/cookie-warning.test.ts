import { describe, expect, it } from 'vitest'
import { cookiePolicy } from '../../src/http/cookie.ts'
import { cookieWarnings, whyBrowserDrops, whyCookieIsExposed } from '../../src/http/cookie-warning.ts'

const strict = cookiePolicy('s')
const auto = cookiePolicy('s', { secure: 'auto' })

describe('whyBrowserDrops', () => {
  it('says why a Secure cookie is lost on plain HTTP', () => {
    expect(whyBrowserDrops(strict, { isHttps: false, host: '192.168.1.5:3000' })).toBe(
      "Browsers drop the cookie '__Host-s': it is Secure, and the request came over plain HTTP to '192.168.1.5'. " +
        "Serve HTTPS, or set cookie.secure to 'auto' while developing. (Fine if a proxy in front ends HTTPS.)",
    )
  })

  it('says nothing on HTTPS, on this machine, and where the cookie is not Secure', () => {
    expect(whyBrowserDrops(strict, { isHttps: true, host: 'shop.example' })).toBeUndefined()
    for (const host of ['localhost', 'LOCALHOST:3000', 'app.localhost', '127.0.0.1:3000', '127.1.2.3', '[::1]:3000']) {
      expect(whyBrowserDrops(strict, { isHttps: false, host })).toBeUndefined()
    }
    expect(whyBrowserDrops(auto, { isHttps: false, host: 'shop.example' })).toBeUndefined()
  })

  it('does not take a name that only looks local for this machine', () => {
    for (const host of ['localhost.evil.example', 'notlocalhost', '127.evil.example', '127.0.0.1.evil.example']) {
      expect(whyBrowserDrops(strict, { isHttps: false, host })).toContain('Browsers drop')
    }
  })

  it('says why a cookie for another domain is lost', () => {
    const policy = cookiePolicy('s', { domain: '.Example.com' })
    expect(whyBrowserDrops(policy, { isHttps: true, host: 'localhost:3000' })).toContain(
      "its Domain is '.Example.com', and the request came to 'localhost'",
    )
    expect(whyBrowserDrops(policy, { isHttps: true, host: 'notexample.com' })).toContain('Browsers drop')
    for (const host of ['example.com', 'shop.example.com', 'EXAMPLE.com:8443', undefined])
      expect(whyBrowserDrops(policy, { isHttps: true, host })).toBeUndefined()
  })

  it('ASVS-16.4.1: shows no host that could forge a log line', () => {
    const line = whyBrowserDrops(strict, { isHttps: false, host: 'a\r\nFORGED' })
    expect(line).toContain('an unnamed host')
    expect(line).not.toContain('forged')
  })
})

describe('whyCookieIsExposed', () => {
  it("is loud about secure: 'auto' beyond this machine", () => {
    expect(whyCookieIsExposed(auto, { isHttps: false, host: 'shop.example' })).toContain(
      "The cookie 's' went out without Secure, over plain HTTP to 'shop.example'",
    )
  })

  it('says nothing on HTTPS, on this machine, and where somebody chose false', () => {
    expect(whyCookieIsExposed(auto, { isHttps: true, host: 'shop.example' })).toBeUndefined()
    expect(whyCookieIsExposed(auto, { isHttps: false, host: 'localhost:3000' })).toBeUndefined()
    expect(whyCookieIsExposed(cookiePolicy('s', { secure: false }), { isHttps: false, host: 'shop.example' })).toBeUndefined()
  })
})

describe('cookieWarnings', () => {
  it('warns of each trouble once', () => {
    const lines: string[] = []
    const check = cookieWarnings(cookiePolicy('s', { secure: 'auto', domain: 'example.com' }), (line) => lines.push(line))
    check({ isHttps: true, host: 'example.com' })
    expect(lines).toEqual([])
    check({ isHttps: false, host: 'example.com' })
    expect(lines).toHaveLength(1)
    check({ isHttps: false, host: 'other.example' })
    expect(lines).toHaveLength(2)
    check({ isHttps: false, host: 'other.example' })
    expect(lines).toHaveLength(2)
  })
})
