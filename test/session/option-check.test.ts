import { describe, expect, it } from 'vitest'
import { SessionError } from '../../src/session/errors.ts'
import { booleanOption, choiceOption, editDistance, integerOption, knownFields, shown } from '../../src/session/option-check.ts'

describe('knownFields', () => {
  it('takes an object of known fields, also an empty one', () => {
    expect(() => knownFields('cookie', { path: '/' }, ['path', 'domain'])).not.toThrow()
    expect(() => knownFields('cookie', {}, ['path'])).not.toThrow()
  })

  it('names a misspelt field and the nearest known one (S-346)', () => {
    expect(() => knownFields('cookie', { samesite: 'Lax' }, ['secure', 'sameSite'])).toThrow(
      "Option 'cookie.samesite': is not known. Did you mean 'sameSite'? Known are: secure, sameSite.",
    )
    expect(() => knownFields('lock', { leaseSecond: 1 }, ['waitSeconds', 'leaseSeconds'])).toThrow("Did you mean 'leaseSeconds'?")
  })

  it('names a field of the outermost options without a dot', () => {
    expect(() => knownFields('', { drvier: 1 }, ['driver', 'name'])).toThrow("Option 'drvier': is not known. Did you mean 'driver'?")
  })

  it('shows the beginning of a field that is too long for a name', () => {
    expect(() => knownFields('cookie', { [`path${'e'.repeat(10_000)}`]: 1 }, ['domain', 'path'])).toThrow(
      `Option 'cookie.path${'e'.repeat(56)}...': is not known. Did you mean 'path'? Known are: domain, path.`,
    )
  })

  it('refuses what is no object', () => {
    for (const value of [null, [], 'path', 5, undefined])
      expect(() => knownFields('cookie', value, ['path'])).toThrow("Option 'cookie': must be an object")
  })

  it('takes no inherited name for a known field', () => {
    expect(() => knownFields('cookie', { constructor: 1 }, ['path'])).toThrow(SessionError)
    expect(() => knownFields('cookie', JSON.parse('{"__proto__": 1}'), ['path'])).toThrow("Option 'cookie.__proto__'")
  })
})

describe('editDistance', () => {
  it('counts the letters that are too many, too few, or others', () => {
    const distances: [string, string, number][] = [
      ['path', 'path', 0],
      ['PATH', 'path', 0],
      ['samesite', 'sameSite', 0],
      ['', 'path', 4],
      ['path', '', 4],
      ['', '', 0],
      ['pth', 'path', 1],
      ['paath', 'path', 1],
      ['bath', 'path', 1],
      ['flie', 'file', 2],
      ['kitten', 'sitting', 3],
    ]
    for (const [written, name, distance] of distances) expect(editDistance(written, name), `${written}, ${name}`).toBe(distance)
  })

  it('looks at 60 characters of what is longer', () => {
    expect(editDistance('x'.repeat(60), 'path')).toBe(60)
    expect(editDistance('x'.repeat(60_000), 'path')).toBe(60)
  })
})

describe('single options', () => {
  it('give the fallback when they are left out', () => {
    expect(booleanOption('a', undefined, true)).toBe(true)
    expect(integerOption('a', undefined, 7, 0, 9)).toBe(7)
    expect(choiceOption('a', undefined, 'x', ['x', 'y'])).toBe('x')
  })

  it('refuse the text false for false (D-52)', () => {
    expect(() => booleanOption('cookie.secure', 'false', true)).toThrow(`Option 'cookie.secure': must be true or false, not "false".`)
  })

  it('refuse numbers out of range, broken ones, and texts of digits', () => {
    for (const value of [-1, 10, 1.5, Number.NaN, Infinity, '5', null])
      expect(() => integerOption('n', value, 7, 0, 9)).toThrow('whole number from 0 to 9')
    expect(integerOption('n', 0, 7, 0, 9)).toBe(0)
    expect(integerOption('n', 9, 7, 0, 9)).toBe(9)
  })

  it('refuse what is no choice, and say which there are', () => {
    expect(() => choiceOption('mode', 'c', 'a', ['a', 'b'])).toThrow(`Option 'mode': must be one of "a", "b", not "c".`)
  })
})

describe('shown', () => {
  it('is short and on one line', () => {
    expect(shown('a\nb')).toBe(String.raw`"a\nb"`)
    expect(shown('x'.repeat(500)).length).toBeLessThan(70)
    expect([null, undefined, 5, true, [], {}, () => 1].map(shown)).toEqual([
      'null',
      'undefined',
      '5',
      'true',
      'an array',
      'an object',
      'a function',
    ])
  })
})
