import { parseSetCookie } from 'cookie'
import { describe, expect, it } from 'vitest'
import { cookiePolicy } from '../../src/http/cookie.ts'
import { csrfGuard } from '../../src/http/csrf-guard.ts'
import { csrfField, csrfMeta, csrfToken, XsrfCookie } from '../../src/http/csrf-words.ts'
import { csrfRequest, TOKEN } from './csrf-request.ts'

const session = { token: () => TOKEN }
const guard = csrfGuard()

describe('the token in a page', () => {
  it('CS-CSRF-14: is another text at each rendering, never the token itself, and accepted', () => {
    const [one, two] = [csrfToken(session), csrfToken(session)]
    expect(one).not.toBe(two)
    for (const token of [one, two]) {
      expect(token).not.toContain(TOKEN)
      expect(guard.check(csrfRequest({ field: token }))).toMatchObject({ pass: true })
    }
  })

  it('S-303 S-317: stands in a hidden input', () => {
    expect(csrfField(session)).toMatch(/^<input type="hidden" name="_csrf" value="[0-9a-f]{160}">$/)
    expect(csrfField(session, 'my_field')).toContain('name="my_field"')
  })

  it('stands in a meta tag for scripts', () => {
    expect(csrfMeta(session)).toMatch(/^<meta name="csrf-token" content="[0-9a-f]{160}">$/)
  })

  it('is escaped, whatever a session kept by another program has for a token', () => {
    const odd = { token: () => `"><script>&` }
    expect(csrfField(odd, `a"b`)).toBe('<input type="hidden" name="a&quot;b" value="&quot;&gt;&lt;script&gt;&amp;">')
    expect(csrfMeta(odd)).toBe('<meta name="csrf-token" content="&quot;&gt;&lt;script&gt;&amp;">')
  })
})

describe('the XSRF-TOKEN cookie', () => {
  const stored = { id: 'id', currentToken: TOKEN, token: (): string => TOKEN }
  const ended = { ...stored, id: '' }
  const policy = cookiePolicy('ml_session', { path: '/app', domain: 'example.com', sameSite: 'Strict', lifetimeSeconds: 60 })

  it('S-316: has the session cookie’s attributes, but that scripts can read it, and a masked token', () => {
    const { name, value, ...attributes } = parseSetCookie(new XsrfCookie('XSRF-TOKEN', policy).due(stored, true) ?? '')
    expect(name).toBe('XSRF-TOKEN')
    expect(attributes).toEqual({ path: '/app', domain: 'example.com', maxAge: 60, secure: true, sameSite: 'strict' })
    expect(value).not.toContain(TOKEN)
    expect(guard.check(csrfRequest({ headers: { 'x-xsrf-token': value ?? '' } }))).toMatchObject({ pass: true })
  })

  it('is cleared with the same attributes', () => {
    expect(new XsrfCookie('XSRF-TOKEN', policy).due(ended, true)).toBe(
      'XSRF-TOKEN=; Path=/app; Max-Age=0; Secure; SameSite=Strict; Domain=example.com',
    )
  })

  it('is due while the session has a token, and is cleared with the session', () => {
    const cookie = new XsrfCookie('XSRF-TOKEN', policy)
    expect(cookie.due(stored, true)).toMatch(/^XSRF-TOKEN=[\w-]+;/)
    expect(cookie.due({ ...stored, currentToken: undefined }, true)).toBeUndefined()
    expect(cookie.due(ended, true)).toMatch(/^XSRF-TOKEN=;/)
  })

  it("follows secure: 'auto'", () => {
    const cookie = new XsrfCookie('XSRF-TOKEN', cookiePolicy('s', { secure: 'auto' }))
    expect(cookie.due(ended, true)).toContain('Secure')
    expect(cookie.due(ended, false)).not.toContain('Secure')
    expect(new XsrfCookie('XSRF-TOKEN', cookiePolicy('s', { secure: false })).due(ended, true)).not.toContain('Secure')
  })

  it('is refused a name that is none, that breaks its prefix, or that is taken', () => {
    expect(() => new XsrfCookie('a b', policy)).toThrow("Option 'csrf.cookie.name'")
    expect(() => new XsrfCookie('__Host-XSRF', policy)).toThrow("the name '__Host-XSRF' demands '/'")
    expect(() => new XsrfCookie('__Http-XSRF', policy)).toThrow('demands true')
    expect(() => new XsrfCookie('ml_session', policy)).toThrow("session cookie's name")
    expect(() => new XsrfCookie('__Secure-ml_session', policy)).toThrow("session cookie's name")
    expect(new XsrfCookie('__Host-XSRF', cookiePolicy('s')).due(ended, true)).toContain('__Host-XSRF=;')
  })
})
