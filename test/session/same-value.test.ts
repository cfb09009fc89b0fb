import { describe, expect, it } from 'vitest'
import { sameValue } from '../../src/session/same-value.ts'

const circle = (): Record<string, unknown> => {
  const ring: Record<string, unknown> = { n: 1 }
  ring['ring'] = ring
  return ring
}
const hole = (): unknown[] => {
  const list: unknown[] = []
  list[1] = 1
  return list
}
const sticky = (at: number): RegExp => Object.assign(/a/y, { lastIndex: at })

describe('two values are the same data', () => {
  it.each([
    ['numbers that are none', Number.NaN, Number.NaN],
    ['objects, whatever the order of their keys', { a: 1, b: { c: 2 } }, { b: { c: 2 }, a: 1 }],
    ['lists', [1, [2]], [1, [2]]],
    ['maps', new Map([['a', { n: 1 }]]), new Map([['a', { n: 1 }]])],
    ['sets', new Set(['a', 'b']), new Set(['a', 'b'])],
    ['dates', new Date(5), new Date(5)],
    ['patterns', /a/g, /a/g],
    ['addresses', new URL('https://a.example/?b'), new URL('https://a.example/?b')],
    ['parts of addresses', new URLSearchParams('a=1'), new URLSearchParams('a=1')],
    ['bytes', new Uint8Array([1, 2]), new Uint8Array([1, 2])],
    ['bytes of which only a part is meant', new Uint8Array([9, 1, 2]).subarray(1), new Uint8Array([1, 2])],
    ['whole buffers', new Uint8Array([1, 2]).buffer, new Uint8Array([1, 2]).buffer],
    ['one under two keys', Object.fromEntries(['a', 'b'].map((key) => [key, circle])), { a: circle, b: circle }],
  ])('%s', (_title, one, other) => {
    expect(sameValue(one, other)).toBe(true)
  })

  it('where one part stands twice in them', () => {
    const part = { n: 1 }
    expect(sameValue({ a: part, b: part }, { a: { n: 1 }, b: { n: 1 } })).toBe(true)
  })
})

describe('two values are not the same data', () => {
  it.each([
    ['a number and its text', 1, '1'],
    ['zero from above and from below', 0, -0],
    ['nothing and an object', null, {}],
    ['an object with a key more', { a: 1 }, { a: 1, b: 2 }],
    ['an object with another key', { a: undefined }, { b: undefined }],
    ['an object and a list', {}, []],
    ['a list and an object', [], {}],
    ['a list that goes on', [1], [1, 2]],
    ['a list in another order', [1, 2], [2, 1]],
    ['a list with a hole and one with a value there', hole(), [5, 1]],
    ['a map and a set', new Map(), new Set()],
    ['maps with another value', new Map([['a', { n: 1 }]]), new Map([['a', { n: 2 }]])],
    ['sets with another value', new Set([1]), new Set([2])],
    ['dates', new Date(5), new Date(6)],
    ['patterns', /a/g, /a/i],
    ['patterns that go on elsewhere', sticky(0), sticky(1)],
    ['addresses', new URL('https://a.example/'), new URL('https://b.example/')],
    ['bytes', new Uint8Array([1, 2]), new Uint8Array([1, 3])],
    ['bytes of another kind', new Uint8Array([1, 2]), new Int8Array([1, 2])],
    ['buffers', new Uint8Array([1]).buffer, new Uint8Array([2]).buffer],
    ['two of a kind that is no data', new WeakMap(), new WeakMap()],
    ['two that refer to themselves', circle(), circle()],
  ])('%s', (_title, one, other) => {
    expect(sameValue(one, other)).toBe(false)
    expect(sameValue(other, one)).toBe(false)
  })
})
