import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { asOrigin, originOfHost, originOfUrl } from '../../src/http/origin.ts'

describe('origins', () => {
  it('are compared in the form that browsers send', () => {
    expect(asOrigin('HTTPS://Shop.Example:443')).toBe('https://shop.example')
    expect(asOrigin('http://shop.example:80')).toBe('http://shop.example')
    expect(asOrigin('https://bücher.example')).toBe('https://xn--bcher-kva.example')
    expect(asOrigin('capacitor://LOCALHOST')).toBe('capacitor://localhost')
    expect(asOrigin('http://[::1]:3000')).toBe('http://[::1]:3000')
  })

  it('are nothing but a scheme, a host and a port', () => {
    for (const text of [
      '',
      'null',
      '*',
      'https://*',
      'https://*.example',
      'https://a/',
      'https://a/b',
      'https://a?b',
      'https://a#b',
      'https://u@a',
      'https://a, https://b',
      'https:a',
      '//a',
      'a',
      'file://',
      'data:,x',
      'https://a b',
      String.raw`https://a\b`,
    ]) {
      expect(asOrigin(text), text).toBeUndefined()
    }
  })

  it('of a URL are the part before its path', () => {
    expect(originOfUrl('https://shop.example:444/a?b#c')).toBe('https://shop.example:444')
    for (const text of ['about:blank', 'data:,x', 'file:///etc', 'x', '']) expect(originOfUrl(text), text).toBeUndefined()
  })

  it('of a Host take the scheme that the request came by', () => {
    expect(originOfHost('shop.example', true)).toBe('https://shop.example')
    expect(originOfHost('Shop.Example:80', false)).toBe('http://shop.example')
    for (const host of [undefined, '', 'a/b', 'a@b', 'a?b', 'a#b', 'a b', 'a,b', 'a:b'])
      expect(originOfHost(host, true), host).toBeUndefined()
  })

  it('once brought to their form stay in it', () => {
    fc.assert(
      fc.property(fc.webUrl(), (url) => {
        const origin = originOfUrl(url)
        expect(origin).toBeDefined()
        expect(asOrigin(origin ?? '')).toBe(origin)
      }),
    )
  })
})
