import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { NativeSerializer } from '../../src/serializers/native.ts'
import { difference } from '../support/same-graph.ts'
import { SaltingSerializer } from '../support/salting-serializer.ts'
import { place, textOf } from '../support/serializer-context.ts'

const serializer = new NativeSerializer()

async function roundTrip<Value>(value: Value): Promise<Value> {
  return serializer.restore(await textOf(serializer, value)).value as Value
}

describe('NativeSerializer', () => {
  it('writes plain data as JSON', async () => {
    const data = { user: { id: 7, name: 'Ada' }, cart: [{ sku: 'A-1', price: 19.9 }], next: null, seen: true }
    expect(await textOf(serializer, data)).toBe(JSON.stringify(data))
  })

  it('keeps what JSON loses (S-271)', async () => {
    const data = {
      date: new Date(1_732_440_000_123),
      invalid: new Date(Number.NaN),
      map: new Map<unknown, unknown>([
        ['theme', 'dark'],
        [{ composite: 'key' }, new Set([1n])],
      ]),
      set: new Set(['a', undefined, Number.NaN]),
      big: -(2n ** 70n),
      url: new URL('https://ada@example.org/a?b=c#d'),
      query: new URLSearchParams('a=1&a=2'),
      pattern: /a\/b(?<name>.)/giu,
      numbers: [Number.NaN, Infinity, -Infinity, -0],
      nothing: undefined,
      bytes: new Uint8Array([0, 255]),
      floats: new Float64Array([0.1, -0]),
      buffer: new Uint8Array([1, 2, 3]).buffer,
      view: new DataView(new ArrayBuffer(2)),
      bare: Object.assign(Object.create(null), { a: 1 }),
    }
    expect(difference(await roundTrip(data), data)).toBe(undefined)
  })

  it.each([undefined, Number.NaN, Infinity, -Infinity, -0, 5n])('keeps %s wherever it is', async (value) => {
    expect(difference(await roundTrip(value), value)).toBe(undefined)
    expect(difference(await roundTrip({ a: [value] }), { a: [value] })).toBe(undefined)
  })

  it('keeps a Float16Array where the platform has it', async ({ skip }) => {
    const Float16: unknown = Reflect.get(globalThis, 'Float16Array')
    skip(typeof Float16 !== 'function', 'this platform has no Float16Array')
    const data: unknown = Reflect.construct(Float16 as new (numbers: number[]) => object, [[0.5, -0]])
    expect(difference(await roundTrip(data), data)).toBe(undefined)
  })

  it('keeps an object that is met twice one object', async () => {
    const item = { sku: 'A-1' }
    const { first, second } = await roundTrip({ first: item, second: item })
    expect(first).toBe(second)
  })

  it('keeps an object that contains itself', async () => {
    const node: { self?: unknown; list: unknown[] } = { list: [] }
    node.self = node
    node.list.push(node.list)
    const restored = await roundTrip(node)
    expect(restored.self).toBe(restored)
    expect(restored.list[0]).toBe(restored.list)
  })

  it('finds an object that is met twice among many', async () => {
    const items = Array.from({ length: 300 }, (_, index) => ({ index }))
    const restored = await roundTrip([...items, items[0], items[299]])
    expect(restored[300]).toBe(restored[0])
    expect(restored[301]).toBe(restored[299])
    expect(await textOf(serializer, items)).toBe(JSON.stringify(items))
    for (const twice of [items[0], items[127], items[128], items[299]]) expect(await textOf(serializer, [...items, twice])).toMatch(/^~/)
  })

  it('keeps the holes of an array holes', async () => {
    const list = ['a', , undefined, , 'b'] // oxlint-disable-line no-sparse-arrays
    const restored = await roundTrip(list)
    expect(Object.keys(restored)).toEqual(['0', '2', '4'])
    expect(restored).toHaveLength(5)
  })

  it('keeps of a view its own bytes, and nothing else of the buffer', async () => {
    const pool = new TextEncoder().encode('mine, and the secret of somebody else')
    const text = await textOf(serializer, { mine: pool.subarray(0, 4) })
    expect(text).not.toContain(btoa('secret').slice(0, 6))
    expect(serializer.restore(text).value).toEqual({ mine: new TextEncoder().encode('mine') })
    expect(text.length).toBeLessThan(60)
  })

  it('keeps the buffer that two views share', async () => {
    const bytes = new Uint8Array([1, 2, 3, 4])
    const restored = await roundTrip({ bytes, words: new Uint16Array(bytes.buffer) })
    expect(restored.words.buffer).toBe(restored.bytes.buffer)
  })

  it('keeps a getter’s value', async () => {
    const data = { get total() { return 3 } } // prettier-ignore
    expect(await roundTrip(data)).toEqual({ total: 3 })
    expect(await roundTrip(Object.defineProperty({ date: new Date(0) }, 'hidden', { value: 1 }))).toEqual({ date: new Date(0) })
  })

  it('keeps the data itself where a toJSON is hidden: what is hidden is no data', async () => {
    const hiding = (value: object): object => Object.defineProperty(value, 'toJSON', { value: () => 'something else' })
    for (const data of [{ cart: hiding({ total: 3 }) }, { list: hiding([1, 2]) }, hiding({ a: 1 }), hiding({ date: new Date(0) })])
      expect(await roundTrip(data)).toEqual(data)
    expect(await roundTrip({ toJSON: 'a text' })).toEqual({ toJSON: 'a text' })
  })

  it('keeps plain data of another realm', async () => {
    const foreign: unknown = runInNewContext('({ list: [{ a: 1 }] })')
    expect(await roundTrip(foreign)).toStrictEqual({ list: [{ a: 1 }] })
  })

  it('keeps keys that begin with the mark of a rich text, and texts that look like one', async () => {
    const data = { '~': '~["x"]', list: ['~', new Date(0)] }
    expect(await roundTrip(data)).toEqual(data)
    expect(await roundTrip('~1')).toBe('~1')
  })
})

describe('a session that did not change', () => {
  it.each([
    ['plain', { a: { b: [1, 'two', null] } }],
    ['rich', { at: new Date(5), tags: new Set(['x']) }],
    ['with __proto__', JSON.parse('{"__proto__":{"a":1},"b":2}')],
  ])('gives no text when nothing changed: %s', async (_, data: unknown) => {
    const { value, loaded } = serializer.restore(await textOf(serializer, data))
    expect(serializer.prepare(value, { ...place, loaded })).toBe(undefined)
  })

  it('gives a text when a value changed its kind and not its JSON', async () => {
    const iso = '2026-01-01T00:00:00.000Z'
    const { loaded } = serializer.restore(await textOf(serializer, { at: iso, n: null }))
    expect(serializer.prepare({ at: new Date(iso), n: null }, { ...place, loaded })).toBeTypeOf('string')
    expect(serializer.prepare({ at: iso, n: Number.NaN }, { ...place, loaded })).toBeTypeOf('string')
    expect(serializer.prepare({ at: iso, n: null, more: undefined }, { ...place, loaded })).toBeTypeOf('string')
  })

  it('gives a text when a change in place was made deep inside', async () => {
    const { value, loaded } = serializer.restore(await textOf(serializer, { cart: { items: [{ n: 1 }] } }))
    const data = value as { cart: { items: { n: number }[] } }
    data.cart.items.push({ n: 2 })
    expect(serializer.prepare(data, { ...place, loaded })).toBe('{"cart":{"items":[{"n":1},{"n":2}]}}')
  })

  it('is not called stale', async () => {
    expect(serializer.restore('{}').stale).toBe(false)
  })

  it.each([false, true])('gives no text either when each text is salted (with promises: %s)', async (answersLater) => {
    const salting = new SaltingSerializer({ answersLater })
    const data = { visits: 1, at: new Date(5) }
    const first = await textOf(salting, data)
    expect(await textOf(salting, data)).not.toBe(first)
    const { value, loaded } = await salting.restore(first, place)
    expect(await salting.prepare(value, { ...place, loaded })).toBe(undefined)
    expect(await salting.prepare({ visits: 2 }, { ...place, loaded })).toBeTypeOf('string')
  })
})
