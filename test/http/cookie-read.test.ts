import { parseCookie } from 'cookie'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cookiePolicy } from '../../src/http/cookie.ts'
import { asSessionId, newSessionId } from '../../src/session/id.ts'

const policy = cookiePolicy('s', { prefix: 'none' })
const one = newSessionId()
const two = newSessionId()

function read(header: string | undefined): string[] {
  return policy.read({ cookieHeader: header, isHttps: true })
}

describe('reading the Cookie header', () => {
  it('finds the id wherever it stands', () => {
    expect(read(`s=${one}`)).toEqual([one])
    expect(read(`a=b; s=${one}; c=d`)).toEqual([one])
    expect(read(`a=b;s=${one}`)).toEqual([one])
    expect(read(`  s = ${one}\t`)).toEqual([one])
  })

  it('finds nothing in no header, an empty one, and one of other cookies', () => {
    expect(read(undefined)).toEqual([])
    expect(read('')).toEqual([])
    expect(read('a=b; c=d')).toEqual([])
  })

  it('does not take a longer name, another case or a value that looks like the name for the cookie', () => {
    for (const header of [`xs=${one}`, `sx=${one}`, `S=${one}`, `a=s=${one}`, `a=b s=${one}`, `a="; x"s=${one}`])
      expect(read(header)).toEqual([])
  })

  it('CS-SM-As-Any-Other-User-Input ASVS-5.3.2 S-367: what has not the form of an id is a new visitor', () => {
    const hostile = [
      '',
      '0',
      'abc',
      one.slice(1),
      `${one}0`,
      one.toUpperCase(),
      `"${one}"`,
      `../${one.slice(3)}`,
      `%${one.slice(1)}`,
      `${one.slice(1)}\0`,
      `${one}\r\nX: y`,
      `${one},`,
    ]
    for (const value of hostile) expect(read(`s=${value}`)).toEqual([])
    expect(read(`s[]=${one}`)).toEqual([])
  })

  it('6265bis-8.6 S-354: of several cookies of one name each id is given, in order, so that a planted one hides nothing', () => {
    expect(read(`s=${one}; s=junk; s=${two}`)).toEqual([one, two])
    expect(read(`s=junk; s=${two}; s=${one}`)).toEqual([two, one])
  })

  it('gives an id once, and at most four', () => {
    expect(read(`s=${one}; s=${one}`)).toEqual([one])
    const six = Array.from({ length: 6 }, () => newSessionId())
    expect(read(six.map((id) => `s=${id}`).join('; '))).toEqual(six.slice(0, 4))
  })

  it('ASVS-15.3.7: a name that begins with the cookie name does not end the search', () => {
    expect(read(`s; s=${one}`)).toEqual([one])
    expect(read(`ss=1; sss=2; s=${one}`)).toEqual([one])
  })

  it('looks at each character a few times at most, in a header of 64 KiB that is made to be slow', () => {
    const steps = (header: string): number => {
      let looks = 0
      const counted = new Proxy(Object(header), {
        get: (target: object, key) => {
          if (key === 'charCodeAt') looks++
          const member: unknown = Reflect.get(target, key)
          return typeof member === 'function' ? member.bind(header) : member
        },
      })
      policy.read({ cookieHeader: counted, isHttps: true })
      return looks
    }
    expect(steps(` s=${one}`)).toBeGreaterThan(0)
    const size = 65_536
    const slow = ['s', 's=', ';s=', '; s = ', ' ', 's ', `;s=${one.slice(1)}g`, ';s=                                        '].map((part) =>
      part.repeat(Math.ceil(size / part.length)),
    )
    slow.push(`${';s='.repeat(13)}${' '.repeat(size)}`)
    for (const header of slow) expect(steps(header)).toBeLessThan(20 * header.length)
    expect(steps('a=b; c=d'.repeat(8000))).toBe(0)
  })

  it('finds what the cookie library finds, in arbitrary headers', () => {
    fc.assert(
      fc.property(anyHeader, (header) => {
        const found = header
          .split(';')
          .map((pair) => asSessionId(parseCookie(pair, { decode: (value) => value })['s']))
          .filter((id) => id !== undefined)
        expect(read(header)).toEqual([...new Set(found)].slice(0, 4))
      }),
      { numRuns: 2000 },
    )
  })
})

const piece = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('s', 's=', '=', ';', '; ', ' ', '\t', '"', ',', `s=${one}`, `; s=${two}`, one, two) },
  { weight: 1, arbitrary: fc.string({ maxLength: 8 }) },
)
const anyHeader = fc.array(piece, { maxLength: 24 }).map((pieces) => pieces.join(''))
