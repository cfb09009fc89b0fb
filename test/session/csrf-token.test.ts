import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { maskToken, newToken, tokenMatches } from '../../src/session/csrf-token.ts'

const hexToken = fc.uint8Array({ minLength: 40, maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('hex'))

describe('a CSRF token', () => {
  it('is 80 hex digits, each time others (S-131)', () => {
    const tokens = Array.from({ length: 1000 }, newToken)
    expect(tokens.every((token) => /^[0-9a-f]{80}$/.test(token))).toBe(true)
    expect(new Set(tokens).size).toBe(1000)
  })

  it('is rendered in another way each time, and the rendering does not show it (CS-CSRF-14)', () => {
    const token = newToken()
    const renderings = Array.from({ length: 1000 }, () => maskToken(token))
    expect(new Set(renderings).size).toBe(1000)
    expect(renderings.every((text) => /^[0-9a-f]{160}$/.test(text) && !text.includes(token))).toBe(true)
    expect(new Set(renderings.map((text) => text.slice(80))).size).toBe(1000)
  })

  it('is accepted masked and plain, whatever it is', () => {
    fc.assert(
      fc.property(hexToken, (token) => {
        expect([tokenMatches(token, maskToken(token)), tokenMatches(token, token)]).toEqual([true, true])
      }),
    )
  })

  it('another one is refused, masked and plain', () => {
    fc.assert(
      fc.property(hexToken, hexToken, (token, other) => {
        fc.pre(token !== other)
        expect([tokenMatches(token, maskToken(other)), tokenMatches(token, other)]).toEqual([false, false])
      }),
    )
  })

  it('one changed digit anywhere is refused', () => {
    const token = newToken()
    for (const text of [token, maskToken(token)]) {
      for (let at = 0; at < text.length; at++) {
        const digit = text[at] === '0' ? '1' : '0'
        expect(tokenMatches(token, text.slice(0, at) + digit + text.slice(at + 1)), `digit ${at}`).toBe(false)
      }
    }
  })

  it('no token, an empty one and anything but text match nothing, not even themselves', () => {
    for (const none of ['', undefined, null, 0, false, {}, ['t']]) {
      for (const candidate of [none, '', undefined, 't', newToken(), maskToken(newToken())])
        expect(tokenMatches(none, candidate)).toBe(false)
    }
    const token = newToken()
    for (const candidate of ['', undefined, null, 5, [token], { token }]) expect(tokenMatches(token, candidate)).toBe(false)
  })

  it('half a token, one twice, and one in capitals are refused', () => {
    const token = `${newToken().slice(0, 79)}a`
    for (const text of [
      token.slice(0, 40),
      token + token,
      token.toUpperCase(),
      ` ${token}`,
      maskToken(token).slice(0, 158),
      maskToken(token).toUpperCase(),
    ]) {
      expect(tokenMatches(token, text)).toBe(false)
    }
    expect(tokenMatches(token, `${'zz'.repeat(40)}${token}`)).toBe(false)
  })

  it('a token of another form, left by another application, is compared as it is and not masked', () => {
    for (const token of ['T', 'schlüssel', 'abc', 'ABCD', 'pppp']) {
      expect(maskToken(token)).toBe(token)
      expect(['4444', '0'.repeat(token.length), '9'.repeat(token.length)].some((other) => tokenMatches(token, maskToken(other)))).toBe(
        false,
      )
      expect([tokenMatches(token, token), tokenMatches(token, `${token}x`), tokenMatches(token, token + token)]).toEqual([
        true,
        false,
        false,
      ])
    }
  })
})
