import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NativeSerializer } from '../../src/serializers/native.ts'
import { AttributeBag } from '../../src/session/attribute-bag.ts'
import { isSessionError } from '../../src/session/errors.ts'
import { place } from '../support/serializer-context.ts'

const names = fc.constantFrom('a', 'b', 'c', 'a.b', 'a.b.c', 'list', 'list.0', 'list.1.x')
const simple = fc.oneof(fc.string(), fc.double(), fc.integer(), fc.boolean(), fc.constant(null))
const rich = fc.oneof(
  fc.constantFrom(undefined, Number.NaN, Infinity, -0, 1n, new Date(0), new Map([[1, 2]]), Symbol('s'), () => {}),
  fc.array(simple),
  fc.dictionary(fc.string(), simple),
)
const act = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('set' as const), name: names, value: simple }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('set' as const), name: names, value: rich }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('increment' as const), name: names, value: fc.integer() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('forget' as const), name: names, value: fc.constant(null) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('change in place' as const), name: names, value: rich }) },
)
const data = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'list', '__proto__'), fc.jsonValue({ maxDepth: 3 }))

type Act = typeof act extends fc.Arbitrary<infer One> ? One : never

function apply(bag: AttributeBag, { kind, name, value }: Act): void {
  try {
    if (kind === 'set') bag.set(name, value)
    else if (kind === 'increment') bag.increment(name, value)
    else if (kind === 'forget') bag.forget(name)
    else Reflect.set(Object(bag.get(name)), 'x', value)
  } catch (error) {
    if (!isSessionError(error)) throw error
  }
}

function prepared(serializer: NativeSerializer, value: unknown, loaded: string, isSimplyChanged: boolean): unknown {
  try {
    return serializer.prepare(value, { ...place, loaded, isSimplyChanged })
  } catch (error) {
    return isSessionError(error) ? error.message : error
  }
}

describe('a session to which only simple values were added', () => {
  it('is stored as it is when everything in it is looked at', () => {
    let shortcuts = 0
    fc.assert(
      fc.property(data, fc.array(act, { maxLength: 6 }), (start, acts) => {
        const serializer = new NativeSerializer()
        const loaded = serializer.prepare(start, place) ?? ''
        const bag = new AttributeBag()
        bag.initializeRestored(Object(serializer.restore(loaded).value))
        for (const one of acts) apply(bag, one)
        const { isSimplyChanged, data: value } = bag
        if (isSimplyChanged) shortcuts += 1
        expect(prepared(serializer, value, loaded, isSimplyChanged)).toBe(prepared(serializer, value, loaded, false))
      }),
      { numRuns: 2000 },
    )
    expect(shortcuts).toBeGreaterThan(100)
  })

  it('is still refused when a dot path nests it deeper than the serializer allows', () => {
    const serializer = new NativeSerializer({ maxDepth: 4 })
    const bag = new AttributeBag()
    bag.initializeRestored({})
    bag.set('a.b.c.d.e', 1)
    expect(bag.isSimplyChanged).toBe(true)
    expect(() => serializer.prepare(bag.data, { ...place, loaded: '{}', isSimplyChanged: true })).toThrow('maxDepth')
  })

  it('is looked at when the data was put in by hand', () => {
    const bag = new AttributeBag()
    bag.initialize({ when: new Date(0) })
    bag.set('n', 1)
    expect(bag.isSimplyChanged).toBe(false)
  })

  it('is looked at when somebody had its object in hand', () => {
    const bag = new AttributeBag()
    bag.initializeRestored({ a: {} })
    expect(bag.isSimplyChanged).toBe(true)
    void bag.data
    expect(bag.isSimplyChanged).toBe(false)
  })
})
