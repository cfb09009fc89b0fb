import { describe, expect, it } from 'vitest'
import { newerCookies, urlOf, withProxyCookie } from '../../../src/adapters/next/asked.ts'

const OLD = 'a'.repeat(40)
const NEW = 'b'.repeat(40)

function jar(cookies: Readonly<Record<string, string>>): { get(name: string): { readonly value: string } | undefined } {
  return { get: (name) => (name in cookies ? { value: cookies[name] ?? '' } : undefined) }
}

describe('newerCookies()', () => {
  it('is nothing where Next knows what the header says', () => {
    expect(newerCookies('ml_session', '', jar({}))).toBeUndefined()
    expect(newerCookies('ml_session', 'a=1', jar({ a: '1' }))).toBeUndefined()
    expect(newerCookies('ml_session', `a=1; __Host-ml_session=${OLD}`, jar({ a: '1', '__Host-ml_session': OLD }))).toBeUndefined()
  })

  it('is nothing for two cookies of one name, of which the header has both', () => {
    expect(newerCookies('ml_session', `ml_session=${NEW}; ml_session=${OLD}`, jar({ ml_session: OLD }))).toBeUndefined()
  })

  it('has the new cookie for the old one, and the others as they were', () => {
    expect(newerCookies('ml_session', `a=1; ml_session=${OLD}; b=2`, jar({ ml_session: NEW }))).toBe(`a=1; b=2; ml_session=${NEW}`)
    expect(newerCookies('ml_session', '', jar({ '__Host-ml_session': NEW }))).toBe(`__Host-ml_session=${NEW}`)
  })

  it('has none where it was cleared', () => {
    expect(newerCookies('ml_session', `a=1; ml_session=${OLD}`, jar({}))).toBe('a=1')
    expect(newerCookies('ml_session', `a=1; ml_session=${OLD}`, jar({ ml_session: '' }))).toBe('a=1; ml_session=')
  })

  it('takes no cookie out of the value of another', () => {
    expect(newerCookies('ml_session', '', jar({ ml_session: `x; __Host-ml_session=${NEW}` }))).not.toContain('; ')
  })
})

describe('withProxyCookie()', () => {
  const request = (headers: Record<string, string>): Request => new Request('http://localhost:3000/', { headers })

  it('leaves a request as it is that came past no proxy', () => {
    const asked = request({ cookie: `ml_session=${OLD}` })
    expect(withProxyCookie(asked, 'ml_session')).toBe(asked)
  })

  it('has the cookie that the proxy has just given', () => {
    const line = `other=1; Path=/; Expires=Mon, 30 Nov 2026 10:00:00 GMT,ml_session=${NEW}; Path=/; HttpOnly`
    const asked = withProxyCookie(request({ cookie: `a=1; ml_session=${OLD}`, 'x-middleware-set-cookie': line }), 'ml_session')
    expect(asked.headers.get('cookie')).toBe(`a=1; ml_session=${NEW}`)
  })

  it('keeps the cookie where the proxy has given another one', () => {
    const asked = request({ cookie: `ml_session=${OLD}`, 'x-middleware-set-cookie': 'theme=dark; Path=/' })
    expect(withProxyCookie(asked, 'ml_session')).toBe(asked)
  })
})

describe('urlOf()', () => {
  it('has the host that the request was sent to, not the name that Next gives itself', () => {
    const url = (host: string): string => urlOf(new Request('http://localhost:3000/a?b', { headers: { host } })).href
    expect([url('shop.example'), url('shop.example:8080'), url('[::1]:3000')]).toEqual([
      'http://shop.example/a?b',
      'http://shop.example:8080/a?b',
      'http://[::1]:3000/a?b',
    ])
  })
})
