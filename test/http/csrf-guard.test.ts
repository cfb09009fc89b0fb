import { describe, expect, it } from 'vitest'
import { BODY_TOO_LARGE } from '../../src/http/body-token.ts'
import { CSRF_REASONS, CSRF_VARY, csrfGuard, dependsOnOrigin } from '../../src/http/csrf-guard.ts'
import type { CsrfRequest } from '../../src/http/csrf-guard.ts'
import { maskToken } from '../../src/session/csrf-token.ts'
import { csrfRequest, decide, TOKEN } from './csrf-request.ts'

const guard = csrfGuard({ trustedOrigins: ['https://pay.example'] })
const fallback = csrfGuard({ tokens: 'fallback', trustedOrigins: ['https://pay.example'] })

function refused(reason: keyof typeof CSRF_REASONS) {
  return { pass: false, reason, reportOnly: false }
}

describe('methods and excepted paths', () => {
  it('GO-1 ASVS-3.5.3 CVE-2026-45075: only GET, HEAD and OPTIONS pass, in any case', () => {
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'get', 'Head'])
      expect(guard.check(csrfRequest({ method }))).toEqual({ pass: true, provenBy: 'safe-method' })
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'CONNECT', 'QUERY', 'PROPFIND', 'FOO', '', 'GET ', 'post']) {
      expect(guard.check(csrfRequest({ method })), method).toEqual(refused('token-missing'))
    }
  })

  it('ASVS-3.5.3: no header makes a GET of a POST', () => {
    const headers = { 'x-http-method-override': 'GET', 'x-method-override': 'GET', 'x-http-method': 'GET' }
    expect(guard.check(csrfRequest({ headers }))).toEqual(refused('token-missing'))
  })

  it('GO-8 CS-CSRF-11: an excepted path passes, one that only looks like it does not', () => {
    const excepting = csrfGuard({ except: ['/hooks'] })
    expect(excepting.check(csrfRequest({ path: '/hooks/stripe?a=1' }))).toEqual({ pass: true, provenBy: 'excepted' })
    for (const path of ['/hooksx', '/hooks/../transfer', '/hooks/%2e%2e/transfer'])
      expect(excepting.check(csrfRequest({ path }))).toEqual(refused('token-missing'))
  })

  it('asks for no body and no session token when it is decided before', () => {
    const deciding = (changes: object): CsrfRequest => ({
      ...csrfRequest(changes),
      bodyToken: () => expect.unreachable('the body was asked for'),
      get sessionToken(): string {
        return expect.unreachable('the session was asked for')
      },
    })
    decide(guard, deciding({ method: 'GET' }))
    decide(guard, deciding({ headers: { 'sec-fetch-site': 'cross-site' } }))
    decide(guard, deciding({ headers: { origin: 'https://evil.example' } }))
    decide(csrfGuard({ except: ['/transfer'] }), deciding({}))
  })
})

describe('the own origin', () => {
  it('CS-CSRF-9: is the configured one, whatever Host says', () => {
    const configured = csrfGuard({ origin: 'https://shop.example', tokens: 'fallback' })
    const proxied = { host: '10.0.0.7:3000', isHttps: false }
    expect(configured.check(csrfRequest({ ...proxied, headers: { origin: 'https://shop.example' } }))).toEqual({
      pass: true,
      provenBy: 'origin',
    })
    expect(configured.check(csrfRequest({ ...proxied, headers: { origin: 'http://10.0.0.7:3000' } }))).toEqual(refused('origin'))
  })

  it('is otherwise scheme and Host: another scheme or port is another origin', () => {
    const own = (host: string, isHttps: boolean, origin: string) => decide(fallback, csrfRequest({ host, isHttps, headers: { origin } }))
    expect(own('shop.example', true, 'https://shop.example').pass).toBe(true)
    expect(own('shop.example:443', true, 'https://shop.example').pass).toBe(true)
    expect(own('SHOP.example', true, 'https://shop.example').pass).toBe(true)
    expect(own('shop.example:8443', true, 'https://shop.example:8443').pass).toBe(true)
    expect(own('[::1]:3000', false, 'http://[::1]:3000').pass).toBe(true)
    expect(own('shop.example', true, 'http://shop.example').pass).toBe(false)
    expect(own('shop.example', false, 'https://shop.example').pass).toBe(false)
    expect(own('shop.example:8443', true, 'https://shop.example').pass).toBe(false)
  })

  it('CS-CSRF-7: a host that contains the own one is another', () => {
    for (const origin of [
      'https://shop.example.evil.example',
      'https://evilshop.example',
      'https://shop.example@evil.example',
      'https://shop.example/',
      'https://shop.example, https://shop.example',
      'https://evil.example#https://shop.example',
    ]) {
      expect(fallback.check(csrfRequest({ headers: { origin } })), origin).toEqual(refused('origin'))
    }
    expect(fallback.check(csrfRequest({ headers: { referer: 'https://shop.example.evil.example/https://shop.example/' } }))).toEqual(
      refused('referer'),
    )
  })

  it('is unknown without a usable Host: then no Origin is it', () => {
    for (const host of [undefined, '', 'shop.example/a', 'a@shop.example', 'shop.example, b', 'shop.example:x']) {
      expect(fallback.check(csrfRequest({ host, headers: { origin: 'https://shop.example' } }))).toEqual(refused('origin'))
    }
  })
})

describe('the token', () => {
  it('ASVS-3.5.1 NIST-5.1-e S-306: is taken from the field, then X-CSRF-TOKEN, then X-XSRF-TOKEN, plain or masked', () => {
    for (const token of [TOKEN, maskToken(TOKEN)]) {
      expect(guard.check(csrfRequest({ field: token }))).toEqual({ pass: true, provenBy: 'token' })
      expect(guard.check(csrfRequest({ headers: { 'x-csrf-token': token } }))).toEqual({ pass: true, provenBy: 'token' })
      expect(guard.check(csrfRequest({ headers: { 'x-xsrf-token': token } }))).toEqual({ pass: true, provenBy: 'token' })
    }
  })

  it('CS-CSRF-2: is refused when it is missing, when both are empty, and when it is another', () => {
    expect(guard.check(csrfRequest())).toEqual(refused('token-missing'))
    expect(guard.check(csrfRequest({ sessionToken: '', field: '', headers: { 'x-csrf-token': '', 'x-xsrf-token': '' } }))).toEqual(
      refused('token-missing'),
    )
    expect(guard.check(csrfRequest({ sessionToken: undefined, field: 'x' }))).toEqual(refused('session-token-missing'))
    expect(guard.check(csrfRequest({ field: 'cd'.repeat(40) }))).toEqual(refused('token-wrong'))
  })

  it('S-307 D-44: an empty field, or none, falls through to the headers', () => {
    for (const field of ['', undefined, null])
      expect(guard.check(csrfRequest({ field, headers: { 'x-csrf-token': TOKEN } }))).toEqual({ pass: true, provenBy: 'token' })
    expect(guard.check(csrfRequest({ field: '', headers: { 'x-csrf-token': '', 'x-xsrf-token': TOKEN } }))).toEqual({
      pass: true,
      provenBy: 'token',
    })
  })

  it('S-309: a wrong field is not rescued by a right header, nor a wrong header by the next', () => {
    expect(guard.check(csrfRequest({ field: 'wrong', headers: { 'x-csrf-token': TOKEN } }))).toEqual(refused('token-wrong'))
    expect(guard.check(csrfRequest({ headers: { 'x-csrf-token': 'wrong', 'x-xsrf-token': TOKEN } }))).toEqual(refused('token-wrong'))
  })

  it('ASVS-15.3.5 ASVS-15.3.7: lists, numbers and objects are refused, never coerced', () => {
    for (const field of [[TOKEN], [TOKEN, TOKEN], [], 5, true, { toString: () => TOKEN }]) {
      expect(guard.check(csrfRequest({ field, headers: { 'x-csrf-token': TOKEN } }))).toEqual(refused('token-wrong'))
    }
    expect(guard.check(csrfRequest({ headers: { 'x-csrf-token': [TOKEN] } }))).toEqual(refused('token-wrong'))
    expect(guard.check(csrfRequest({ headers: { 'x-csrf-token': `${TOKEN}, ${TOKEN}` } }))).toEqual(refused('token-wrong'))
    for (const name of ['origin', 'sec-fetch-site', 'referer']) {
      const decision = fallback.check(csrfRequest({ field: TOKEN, headers: { [name]: ['https://shop.example', 'same-origin'] } }))
      expect(decision).toMatchObject({ pass: false })
    }
  })

  it('CS-CSRF-3: neither the URL nor a cookie carries it', () => {
    const decision = guard.check(
      csrfRequest({ path: `/transfer?_csrf=${TOKEN}`, headers: { cookie: `_csrf=${TOKEN}; XSRF-TOKEN=${TOKEN}` } }),
    )
    expect(decision).toEqual(refused('token-missing'))
  })

  it('waits for a body that must be read first, and only then', async () => {
    const slow = { ...csrfRequest(), bodyToken: () => Promise.resolve(TOKEN) }
    const decision = guard.check(slow)
    expect(decision).toBeInstanceOf(Promise)
    expect(await decision).toEqual({ pass: true, provenBy: 'token' })
    expect(guard.check(csrfRequest({ field: JSON.parse('{"then":"x"}') }))).toEqual(refused('token-wrong'))
  })

  it('does not hide that reading the body failed', async () => {
    await expect(guard.check({ ...csrfRequest(), bodyToken: () => Promise.reject(new Error('hung up')) })).rejects.toThrow('hung up')
  })

  it('is looked for in the headers alone where the body was too large', () => {
    expect(guard.check(csrfRequest({ field: BODY_TOO_LARGE }))).toEqual(refused('body-too-large'))
    expect(guard.check(csrfRequest({ field: BODY_TOO_LARGE, headers: { 'x-csrf-token': TOKEN } }))).toEqual({
      pass: true,
      provenBy: 'token',
    })
    expect(fallback.check(csrfRequest({ field: BODY_TOO_LARGE, headers: { 'sec-fetch-site': 'same-origin' } }))).toEqual({
      pass: true,
      provenBy: 'sec-fetch-site',
    })
  })
})

describe('what is said about a decision', () => {
  it('CS-CSRF-11: with report a refusal says that it refuses nothing', () => {
    expect(csrfGuard({ report: true }).check(csrfRequest())).toEqual({ pass: false, reason: 'token-missing', reportOnly: true })
  })

  it('CS-CSRF-10: Vary is needed where the headers were looked at', () => {
    const needed = (changes: object) => dependsOnOrigin(decide(guard, csrfRequest(changes)))
    expect(CSRF_VARY).toBe('Sec-Fetch-Site, Origin')
    expect(needed({ method: 'GET' })).toBe(false)
    expect(needed({ field: TOKEN })).toBe(true)
    expect(needed({})).toBe(true)
    expect(needed({ method: 'QUERY', headers: { 'sec-fetch-site': 'cross-site' } })).toBe(true)
  })

  it('each reason has words with a cure, and none of them a token', () => {
    for (const words of Object.values(CSRF_REASONS)) expect(words).toMatch(/^\S.{30,}\.$/)
  })
})
