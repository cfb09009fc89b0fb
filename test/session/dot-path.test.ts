import { describe, expect, it } from 'vitest'
import { forgetPath, getPath, hasPath, MAX_PATH_SEGMENTS, setPath } from '../../src/session/dot-path.ts'

const refusal = (message: RegExp) =>
  expect.objectContaining({ code: 'ERR_SESSION_INVALID_ARGUMENT', message: expect.stringMatching(message) })

describe('reading a dotted key', () => {
  it('null and undefined are absent; false, 0, an empty text and an empty list are there (S-082)', () => {
    const data = { n: null, u: undefined, f: false, z: 0, e: '', l: [], deep: { n: null, z: 0 } }
    expect(['n', 'u', 'deep.n', 'missing', 'deep.missing'].filter((key) => hasPath(data, key))).toEqual([])
    expect(['f', 'z', 'e', 'l', 'deep', 'deep.z'].every((key) => hasPath(data, key))).toBe(true)
  })

  it('a key that stands there as it is written hides the path, also when it holds null (S-093)', () => {
    const data = { 'a.b': null, a: { b: 'nested' } }
    expect(getPath(data, 'a.b')).toBeNull()
    expect(hasPath(data, 'a.b')).toBe(false)
  })

  it('only the whole key is taken as written (S-094)', () => {
    expect(getPath({ 'a.b': { c: 1 } }, 'a.b.c')).toBeUndefined()
  })

  it('a Date, a Map, a class instance and a function have no parts (S-090)', () => {
    class Cart {
      items = 3
    }
    const data = { date: new Date(0), map: new Map([['k', 1]]), cart: new Cart(), fn: Object.assign(() => 0, { k: 1 }), text: 'abc' }
    for (const key of ['date.getTime', 'map.k', 'map.size', 'cart.items', 'fn.k', 'text.length', 'text.0']) {
      expect(getPath(data, key), key).toBeUndefined()
    }
  })

  it('objects without a prototype and those of JSON.parse are branches', () => {
    const bare: Record<string, unknown> = Object.assign(Object.create(null), { k: 1 })
    expect(getPath({ bare }, 'bare.k')).toBe(1)
    expect(getPath(JSON.parse('{"a":{"b":[{"c":2}]}}'), 'a.b.0.c')).toBe(2)
  })

  it('an array shows its elements and nothing else (S-096)', () => {
    const list = Object.assign(['a', 'b'], { named: 1 })
    const data = { list }
    expect(getPath(data, 'list.1')).toBe('b')
    for (const key of [
      'list.length',
      'list.named',
      'list.2',
      'list.-1',
      'list.01',
      'list.1.0',
      'list.+1',
      'list.',
      'list.map',
      'list.1e0',
    ]) {
      expect(getPath(data, key), key).toBeUndefined()
    }
  })

  it('nothing inherited can be read, at the top or below (ASVS-15.3.6)', () => {
    const data = { a: {} }
    for (const key of ['toString', 'constructor', '__proto__', 'hasOwnProperty', 'constructor.prototype']) {
      expect(getPath(data, key), key).toBeUndefined()
      expect(getPath(data, `a.${key}`), key).toBeUndefined()
      expect(hasPath(data, `a.${key}`), key).toBe(false)
    }
  })

  it('data that a stored text brought under such a name can be read and removed, and is nothing more (S-099)', () => {
    const data = JSON.parse('{"__proto__":{"polluted":"yes"},"a":{"constructor":{"prototype":{"x":1}}}}')
    expect(getPath(data, '__proto__.polluted')).toBe('yes')
    expect(getPath(data, 'a.constructor.prototype.x')).toBe(1)
    expect(data.polluted).toBeUndefined()
    expect(forgetPath(data, '__proto__.polluted')).toBe(true)
    expect(forgetPath(data, '__proto__')).toBe(true)
    expect(forgetPath(data, '__proto__')).toBe(false)
    expect(Object.getPrototypeOf(data)).toBe(Object.prototype)
  })
})

describe('writing a dotted key', () => {
  it.each(['__proto__', 'constructor', 'prototype', '__proto__.x', 'a.__proto__', 'a.constructor.x', 'a.b.prototype'])(
    "'%s' is refused (ASVS-15.3.6)",
    (key) => {
      const data = { a: {} }
      expect(() => setPath(data, key, 1)).toThrow(refusal(/^set: no part of a key may be '/))
      expect(data).toEqual({ a: {} })
    },
  )

  it('such a name stays refused where a stored text brought it', () => {
    const data = JSON.parse('{"__proto__":{"x":1},"a.constructor":1}')
    expect(() => setPath(data, '__proto__.x', 2)).toThrow(refusal(/'__proto__'/))
    expect(() => setPath(data, 'a.constructor', 2)).toThrow(refusal(/'constructor'/))
  })

  it('a branch takes the place of a scalar, of null and of a leaf (S-087, S-090)', () => {
    const data: Record<string, unknown> = { text: 'x', nil: null, date: new Date(0), list: ['x'] }
    for (const key of ['text.k', 'nil.k', 'date.k', 'list.0.k']) setPath(data, key, 1)
    expect(data).toEqual({ text: { k: 1 }, nil: { k: 1 }, date: { k: 1 }, list: [{ k: 1 }] })
  })

  it('numbers in a new path make objects, never arrays', () => {
    const data = {}
    setPath(data, 'a.0.1', 'x')
    expect(data).toEqual({ a: { 0: { 1: 'x' } } })
  })

  it('an array takes its indexes and the one behind its end (S-096)', () => {
    const data = { l: ['a', 'b'] }
    setPath(data, 'l.1', 'B')
    setPath(data, 'l.2', 'c')
    setPath(data, 'l.3.name', 'd')
    expect(data).toEqual({ l: ['a', 'B', 'c', { name: 'd' }] })
  })

  it('past the end of an array and under a name it throws, and nothing has changed', () => {
    const data = { l: ['a'] }
    expect(() => setPath(data, 'l.2', 'x')).toThrow(refusal(/^set: the index 2 is past the end of an array of 1\. Append at 1\.$/))
    expect(() => setPath(data, 'l.99999999999999999999.x', 'x')).toThrow(refusal(/past the end/))
    for (const key of ['l.x', 'l.length', 'l.-1', 'l.01', 'l.', 'l.0x.y'])
      expect(() => setPath(data, key, 'x'), key).toThrow(refusal(/no index/))
    expect(data).toEqual({ l: ['a'] })
  })

  it('a refused key leaves no half-made branches behind', () => {
    const data = { a: { l: [[1]] } }
    expect(() => setPath(data, 'a.l.0.5.deep.er', 1)).toThrow(refusal(/past the end/))
    expect(data).toEqual({ a: { l: [[1]] } })
  })

  it('a frozen value that the application handed in is not written to: a copy takes its place', () => {
    const defaults = Object.freeze({ theme: 'light', list: Object.freeze([1]) })
    const data: Record<string, unknown> = { prefs: defaults }
    setPath(data, 'prefs.theme', 'dark')
    setPath(data, 'prefs.list.1', 2)
    forgetPath(data, 'prefs.list.0')
    expect(data).toEqual({ prefs: { theme: 'dark', list: [2] } })
    expect(defaults).toEqual({ theme: 'light', list: [1] })
  })

  it('nor is one that takes no more properties', () => {
    const sealed = Object.seal({ theme: 'light', list: Object.preventExtensions([1]) })
    const data: Record<string, unknown> = { prefs: sealed }
    setPath(data, 'prefs.size', 2)
    setPath(data, 'prefs.list.1', 2)
    forgetPath(data, 'prefs.theme')
    expect(data).toEqual({ prefs: { list: [1, 2], size: 2 } })
    expect(sealed).toEqual({ theme: 'light', list: [1] })
  })

  it('keys keep the order in which they came, and overwriting keeps the place (S-098)', () => {
    const data = {}
    for (const [key, value] of [
      ['z', 1],
      ['a', 2],
      ['m.q', 3],
      ['z', 9],
    ] as const)
      setPath(data, key, value)
    expect(Object.entries(data)).toEqual([
      ['z', 9],
      ['a', 2],
      ['m', { q: 3 }],
    ])
  })
})

describe('removing a dotted key', () => {
  it('the empty parent stays, and a missing key is no error (S-091)', () => {
    const data = { a: { b: 1 }, u: undefined }
    expect(forgetPath(data, 'a.b')).toBe(true)
    expect(forgetPath(data, 'u')).toBe(true)
    const missing = ['a.b', 'a.b.c', 'x', 'x.y.z', 'toString', 'a.toString', 'a.__proto__']
    expect(missing.filter((key) => forgetPath(data, key))).toEqual([])
    expect(data).toEqual({ a: {} })
  })

  it('the later elements of an array move up (S-096)', () => {
    const data = { l: ['a', 'b', { c: 1 }] }
    expect(forgetPath(data, 'l.0')).toBe(true)
    expect(data).toEqual({ l: ['b', { c: 1 }] })
    expect(['l.2', 'l.x', 'l.length', 'l.01'].map((key) => forgetPath(data, key))).toEqual([false, false, false, false])
  })

  it('a key that stands there as it is written goes first, the path second (S-093)', () => {
    const data = { 'a.b': 1, a: { b: 2 } }
    expect(forgetPath(data, 'a.b')).toBe(true)
    expect(data).toEqual({ a: { b: 2 } })
    expect(forgetPath(data, 'a.b')).toBe(true)
    expect(data).toEqual({ a: {} })
  })
})

describe('what is no key', () => {
  const calls = { get: getPath, has: hasPath, forget: forgetPath, set: setPath }

  it.each(Object.entries(calls))('%s: 64 segments are taken, one more is an error (S-103)', (_name, call) => {
    const longest = Array.from({ length: MAX_PATH_SEGMENTS }, () => 'a').join('.')
    expect(() => call({}, longest, 1)).not.toThrow()
    expect(() => call({}, `${longest}.a`, 1)).toThrow(refusal(/more than 64 segments\.$/))
    expect(() => call({}, '.'.repeat(5_000_000), 1)).toThrow(refusal(/more than 64 segments\.$/))
  })

  it.each(Object.entries(calls))('%s: anything but a text is refused, and the message says what came', (_name, call) => {
    for (const [key, type] of [
      [5, 'number'],
      [null, 'null'],
      [undefined, 'undefined'],
      [['a'], 'object'],
      [Symbol('s'), 'symbol'],
    ]) {
      expect(() => Reflect.apply(call, undefined, [{}, key, 1]), String(type)).toThrow(
        refusal(new RegExp(`must be a string, and a value of type ${String(type)}`)),
      )
    }
  })
})
