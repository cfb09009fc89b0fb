import { describe, expect, it } from 'vitest'
import { csrfGuard } from '../../src/http/csrf-guard.ts'
import type { CsrfOptions } from '../../src/http/csrf-options.ts'

// What JavaScript callers can pass in spite of the types.
function settings(options: Record<string, unknown>) {
  const untyped: CsrfOptions = options
  return csrfGuard(untyped).settings
}

describe('the options of the CSRF guard', () => {
  it('have the documented defaults', () => {
    const { isExcepted, trustedOrigins, ...rest } = csrfGuard().settings
    expect(rest).toEqual({ tokens: 'always', fieldName: '_csrf', origin: undefined, status: 403, cookieName: undefined, report: false })
    expect(isExcepted('/')).toBe(false)
    expect(trustedOrigins.size).toBe(0)
  })

  it('S-346: an unknown field is refused and the nearest known one named', () => {
    expect(() => settings({ trustedOrigin: [] })).toThrow("Option 'csrf.trustedOrigin': is not known. Did you mean 'trustedOrigins'?")
  })

  it('GO-7: an own or trusted origin is a scheme, a host and a port, and nothing more', () => {
    const wrong = [
      '',
      'shop.example',
      'https://shop.example/',
      'https://shop.example/a',
      'https://shop.example?a',
      'https://a@shop.example',
      'null',
      'https://',
      '*',
      'https://*',
      'https://a.example, https://b.example',
      'https://a.example:99999',
      5,
      null,
    ]
    for (const origin of wrong) {
      if (origin !== null) expect(() => settings({ origin }), String(origin)).toThrow("Option 'csrf.origin'")
      expect(() => settings({ trustedOrigins: ['https://a.example', origin] }), String(origin)).toThrow("Option 'csrf.trustedOrigins.1'")
    }
    expect(() => settings({ trustedOrigins: 'https://a.example' })).toThrow("Option 'csrf.trustedOrigins'")
  })

  it('brings origins to the form that browsers send', () => {
    expect(settings({ origin: 'HTTPS://Shop.Example:443' }).origin).toBe('https://shop.example')
    expect([...settings({ trustedOrigins: ['http://a.example:8080', 'capacitor://localhost'] }).trustedOrigins]).toEqual([
      'http://a.example:8080',
      'capacitor://localhost',
    ])
  })

  it('are checked one by one', () => {
    expect(() => settings({ tokens: 'never' })).toThrow("Option 'csrf.tokens'")
    expect(() => settings({ fieldName: '' })).toThrow("Option 'csrf.fieldName'")
    expect(() => settings({ except: ['api'] })).toThrow("Option 'csrf.except.0'")
    for (const status of [200, 302, 500, '403']) expect(() => settings({ status })).toThrow("Option 'csrf.status'")
    expect(() => settings({ report: 'true' })).toThrow("Option 'csrf.report'")
    expect(settings({ status: 419 }).status).toBe(419)
  })

  it('S-316: name the readable cookie XSRF-TOKEN unless told otherwise', () => {
    expect(settings({ cookie: true }).cookieName).toBe('XSRF-TOKEN')
    expect(settings({ cookie: { name: 'T' } }).cookieName).toBe('T')
    expect(settings({ cookie: false }).cookieName).toBeUndefined()
    expect(() => settings({ cookie: { nam: 'T' } })).toThrow("Option 'csrf.cookie.nam'")
    expect(settings({ cookie: { name: '__Host-T' } }).cookieName).toBe('__Host-T')
    for (const name of ['', 'XSRF TOKEN', 'a;b']) expect(() => settings({ cookie: { name } }), name).toThrow("Option 'csrf.cookie.name'")
    for (const cookie of [{}, { name: 5 }, 'T', null]) expect(() => settings({ cookie })).toThrow("Option 'csrf.cookie")
  })
})
