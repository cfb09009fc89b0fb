import { describe, expect, it } from 'vitest'
import { NativeSerializer } from '../../src/serializers/native.ts'
import { SessionError } from '../../src/session/errors.ts'
import { place } from '../support/serializer-context.ts'

const serializer = new NativeSerializer()

function refusal(value: unknown, loaded?: string): SessionError {
  try {
    serializer.prepare(value, { ...place, loaded })
  } catch (error) {
    if (error instanceof SessionError) return error
    throw error
  }
  throw new Error('the value was not refused')
}

class User {
  readonly name = 'Ada'
}
/** Its prototype has none above it, like that of plain objects. */
class Rootless {
  readonly name = 'Ada'
}
Object.setPrototypeOf(Rootless.prototype, null)
class Birthday extends Date {}
class Stack extends Array {}

describe('NativeSerializer refuses what would come back as something else', () => {
  it('names the path of a function (S-275)', () => {
    const error = refusal({ cart: { items: [1, 2, 3, { onClick: () => 1 }] } })
    expect(error.code).toBe('ERR_SESSION_SERIALIZATION_FAILED')
    expect(error.message).toBe(
      "Failed to serialize session data. 'cart.items.3.onClick' is a function: keep the data that it needs instead.",
    )
  })

  it.each<[string, unknown, string]>([
    ['symbol', Symbol('s'), "'x.y' is a symbol"],
    ['symbol as a key', { [Symbol('s')]: 1 }, "'x.y' has a symbol as a key"],
    ['class instance', new User(), "'x.y' is an instance of User"],
    ['Error', new RangeError('no'), "'x.y' is an instance of RangeError"],
    ['Promise', Promise.resolve(1), "'x.y' is a Promise: await it"],
    ['WeakMap', new WeakMap(), "'x.y' is an instance of WeakMap"],
    ['WeakRef', new WeakRef({}), "'x.y' is an instance of WeakRef"],
    ['subclass of Date', new Birthday(), "'x.y' is an instance of Birthday"],
    ['subclass of Array', new Stack(), "'x.y' is an instance of Stack"],
    ['Buffer', Buffer.from('x'), "'x.y' is a Buffer"],
    ['boxed string', Object('x'), "'x.y' is an instance of String"],
    ['object of a prototype', Object.create({ a: 1 }), "'x.y' has a prototype of its own"],
    ['SharedArrayBuffer', new Uint8Array(new SharedArrayBuffer(1)), "'x.y' is an instance of SharedArrayBuffer"],
    ['extra property of an array', Object.assign([1, 2], { total: 3 }), "'x.y' has a property of its own, 'total'"],
    ['property of an array that looks like an index', Object.assign(['a', 'b'], { '01': 1 }), "'x.y' has a property of its own, '01'"],
    ['property of an array beyond all indices', Object.assign([], { 4294967295: 1 }), "'x.y' has a property of its own, '4294967295'"],
    ['function behind a hole', Object.assign([], { 1: () => 1 }), "'x.y.1' is a function"],
    ['instance of a class without a prototype above', new Rootless(), "'x.y' is an instance of Rootless"],
    ['match of a pattern', /b/.exec('abc'), "'x.y' has a property of its own, 'groups'"],
    ['extra property of a Date', Object.assign(new Date(0), { zone: 'UTC' }), "'x.y' has a property of its own, 'zone'"],
    ['symbol as a key of an array', Object.assign([1], { [Symbol('s')]: 1 }), "'x.y' has a symbol as a key"],
    ['array without a prototype', Object.setPrototypeOf([1], null), "'x.y' has a prototype of its own"],
    ['generator', (function* () {})(), "'x.y' has a prototype of its own"],
  ])('%s', (_, value, problem) => {
    expect(refusal({ x: { y: value } }).message).toContain(problem)
    // Also beside values that only a rich text keeps.
    expect(refusal({ date: new Date(0), x: { y: value } }).message).toContain(problem)
  })

  it('names the value itself', () => {
    expect(refusal(() => 1).message).toContain('The value itself is a function')
    expect(refusal({ '': () => 1 }).message).toContain("'' is a function")
  })

  it('names where it is in a Map and a Set', () => {
    expect(
      refusal({
        prefs: new Map([
          ['a', 1 as unknown],
          ['b', () => 1],
        ]),
      }).message,
    ).toContain("'prefs.b' is a function")
    expect(refusal({ prefs: new Map([[{ on: () => 1 }, 1]]) }).message).toContain("'prefs.0.on' is a function")
    expect(refusal({ tags: new Set([1, { f: () => 1 }]) }).message).toContain("'tags.1.f' is a function")
  })

  it('finds it also behind an object that was met before', () => {
    const shared = { a: 1 }
    expect(refusal({ one: shared, two: shared, three: { f: () => 1 } }).message).toContain("'three.f' is a function")
  })

  it('refuses a hidden tag that would make it pass for another kind', () => {
    const disguised = Object.defineProperty({}, Symbol.toStringTag, { value: 'URL' })
    expect(refusal({ date: new Date(0), disguised }).message).toContain("'disguised' has a symbol as a key")
  })

  it('names the path of a buffer whose bytes were handed to a worker, and of a proxy of what is no plain object', () => {
    const spent = new ArrayBuffer(8)
    structuredClone(spent, { transfer: [spent] })
    for (const odd of [spent, new DataView(new ArrayBuffer(2)), new Proxy(new Date(), {}), new Proxy(/a/, {})]) {
      if (odd instanceof DataView) structuredClone(odd, { transfer: [odd.buffer] })
      const error = refusal({ files: [{ odd }] })
      expect(error.message).toBe("Failed to serialize session data. 'files.0.odd' cannot be read: see the cause.")
      expect(error.cause).toBeInstanceOf(TypeError)
    }
  })

  it('does not fail otherwise for an object that only claims to be of a kind', () => {
    for (const { prototype } of [Date, Map, Set, RegExp, URL, URLSearchParams, ArrayBuffer, Uint8Array, DataView]) {
      expect(refusal({ x: Object.create(prototype) as unknown }).code).toBe('ERR_SESSION_SERIALIZATION_FAILED')
    }
  })

  it('names the path of an object whose getter throws, with its error as the cause', () => {
    const cause = new Error('database is away')
    const data = { user: { get name(): string { throw cause } } } // prettier-ignore
    const error = refusal(data)
    expect(error.message).toContain("'user' cannot be read")
    expect(error.cause).toBe(cause)
  })

  it('names the path of a proxy that throws or was revoked', () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    expect(refusal({ a: { proxy } }).message).toContain("'a.proxy' cannot be read")
    const throwing = new Proxy({}, { ownKeys: () => { throw new Error('trap') } }) // prettier-ignore
    expect(refusal({ a: { throwing } }).message).toContain("'a.throwing' cannot be read")
  })

  it('never shows the data in the error', () => {
    let reads = 0
    const shifty = { secret: 'hunter2', at: new Date(0), get x(): unknown { return ++reads > 1 ? () => 1 : 'x' } } // prettier-ignore
    const error = refusal(shifty)
    expect(error.message).toContain('It changed while it was read')
    expect(error.cause).toBe(undefined)
  })

  it('cuts a path that is too long for a message', () => {
    expect(refusal({ ['k'.repeat(5000)]: () => 1 }).message.length).toBeLessThan(350)
  })

  it('does not mind keys that somebody added to Object.prototype', () => {
    let restored: unknown
    // oxlint-disable-next-line no-extend-native
    Object.defineProperty(Object.prototype, 'polluted', { value: () => 1, enumerable: true, writable: true, configurable: true })
    try {
      restored = serializer.restore(serializer.prepare({ a: { b: 1 } }, place) ?? '').value
    } finally {
      Reflect.deleteProperty(Object.prototype, 'polluted')
    }
    expect(restored).toStrictEqual({ a: { b: 1 } })
  })
})
