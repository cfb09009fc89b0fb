import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { copyOf, isPlainObject } from '../../src/session/plain.ts'

describe('what is plain data', () => {
  it('literals, objects without a prototype, and those of another realm', () => {
    expect([{}, Object.create(null), JSON.parse('{}'), runInNewContext('({})')].every(isPlainObject)).toBe(true)
  })

  it('nothing else', () => {
    class Cart {
      items = 0
    }
    const others = [
      [],
      new Date(),
      new Map(),
      new Cart(),
      Object.create({}),
      () => 0,
      null,
      undefined,
      'x',
      5,
      runInNewContext('[]'),
      runInNewContext('new Date()'),
    ]
    expect(others.filter(isPlainObject)).toEqual([])
  })
})

describe('a copy', () => {
  it('keeps what JSON loses, and shares nothing that can change', () => {
    const original = {
      list: [1, [2], { x: 3 }],
      when: new Date(5),
      map: new Map<unknown, unknown>([[{ key: 1 }, new Set([{ y: 1 }])]]),
      pattern: /a/gi,
      url: new URL('https://example.org/?a=1'),
      query: new URLSearchParams('a=1'),
      bytes: new Uint8Array([1, 2]),
      buffer: new Uint8Array([3]).buffer,
      big: 5n,
      none: undefined,
    }
    const copy = copyOf(original)
    expect(copy).toEqual(original)
    expect([copy.url.href, copy.query.toString(), [...copy.bytes]]).toEqual(['https://example.org/?a=1', 'a=1', [1, 2]])
    copy.list.push(4)
    copy.when.setTime(9)
    copy.map.clear()
    copy.url.search = ''
    copy.query.set('a', '2')
    copy.bytes[0] = 9
    expect([
      original.list.length,
      original.when.getTime(),
      original.map.size,
      original.url.href,
      original.query.toString(),
      original.bytes[0],
    ]).toEqual([3, 5, 1, 'https://example.org/?a=1', 'a=1', 1])
  })

  it('hands back what only passes for data: whoever stores it says where it is', () => {
    const spent = new ArrayBuffer(8)
    structuredClone(spent, { transfer: [spent] })
    for (const odd of [spent, new Proxy(new Date(), {}), new Proxy(/a/, {})]) expect(copyOf({ odd }).odd).toBe(odd)
  })

  it('keeps circles, shared parts and holes', () => {
    const shared = { x: 1 }
    const original: Record<string, unknown> = { a: shared, b: shared, map: new Map(), set: new Set(), list: [] }
    original['self'] = original
    ;(original['map'] as Map<unknown, unknown>).set('self', original)
    ;(original['set'] as Set<unknown>).add(original)
    ;(original['list'] as unknown[])[2] = original['list']
    const copy = copyOf(original)
    expect(copy['a']).toBe(copy['b'])
    expect(copy['a']).not.toBe(shared)
    expect(copy['self']).toBe(copy)
    expect((copy['map'] as Map<unknown, unknown>).get('self')).toBe(copy)
    expect([...(copy['set'] as Set<unknown>)]).toEqual([copy])
    const list = copy['list'] as unknown[]
    expect([0 in list, list.length, list[2] === list]).toEqual([false, 3, true])
  })

  it('frozen, plain objects and arrays in it are frozen at every depth, circles too', () => {
    const original: Record<string, unknown> = { list: [{ x: 1 }], map: new Map([['k', { y: 1 }]]) }
    original['self'] = original
    const copy = copyOf(original, true)
    const inMap = (copy['map'] as Map<string, object>).get('k')
    expect([copy, copy['list'], (copy['list'] as unknown[])[0], copy['self'], inMap].every(Object.isFrozen)).toBe(true)
    expect(Object.isFrozen(original)).toBe(false)
  })

  it('an own __proto__ stays own', () => {
    const copy = copyOf(JSON.parse('{"__proto__":{"polluted":{"x":1}}}'))
    expect(Object.keys(copy)).toEqual(['__proto__'])
    expect(copy.polluted).toBeUndefined()
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype)
  })

  it('an object without a prototype stays without one', () => {
    const original: Record<string, unknown> = Object.create(null)
    original['__proto__'] = { x: 1 }
    const copies = [copyOf(original), copyOf(original, true)]
    expect(copies.map((copy) => [Object.getPrototypeOf(copy), Object.keys(copy)])).toEqual([
      [null, ['__proto__']],
      [null, ['__proto__']],
    ])
  })

  it('what a copy could not have in it is handed back itself, so that who stores it is told', () => {
    class Scores extends Map {}
    class Tags extends Set {}
    class Day extends Date {}
    const originals = [new Scores(), new Tags(), new Day(), Buffer.from('x'), 'abc'.match(/b/)]
    expect(copyOf(originals).map((copy, at) => copy === originals[at])).toEqual([true, true, true, true, true])
  })

  it('functions and class instances are handed back themselves', () => {
    class Cart {
      items = 0
    }
    const original = { cart: new Cart(), fn: () => 0 }
    const copy = copyOf(original)
    expect([copy.cart === original.cart, copy.fn === original.fn]).toEqual([true, true])
  })
})
