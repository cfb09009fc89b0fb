import { describe, expect, it, vi } from 'vitest'
import { AttributeBag } from '../../src/session/attribute-bag.ts'
import { SessionError } from '../../src/session/errors.ts'

const refusal = (message: RegExp) =>
  expect.objectContaining({ code: 'ERR_SESSION_INVALID_ARGUMENT', message: expect.stringMatching(message) })

function bagWith(data: Record<string, unknown>, options?: ConstructorParameters<typeof AttributeBag>[0]): AttributeBag {
  const bag = new AttributeBag(options)
  bag.initialize(data)
  return bag
}

// What JavaScript without types may hand in.
const untyped = (value: unknown): never => value as never

describe('reading', () => {
  it('a stored null is not the default, for get and pull; a stored undefined is (S-092)', () => {
    const bag = bagWith({ n: null, u: undefined })
    expect([bag.get('n', 'd'), bag.pull('n', 'd'), bag.has('n')]).toEqual([null, null, false])
    expect([bag.get('u', 'd'), bag.has('u'), bag.pull('u', 'd')]).toEqual(['d', false, 'd'])
    expect(bag.data).toEqual({})
  })

  it('an object that get gave is the stored one, and a change in it stays', () => {
    const bag = bagWith({ cart: { items: [1] } })
    Object.assign(bag.get('cart') ?? {}, { total: 5 })
    expect(bag.get('cart.total')).toBe(5)
  })

  it('all() is a copy that keeps what JSON would lose, and shows the token but no other bag (S-085, S-132)', () => {
    const data = { a: { when: new Date(5), tags: new Set([1]) }, _token: 't', _cart: { x: 1 }, _meta: {} }
    const bag = bagWith(data, { reserved: new Set(['_token', '_cart', '_meta']) })
    const copy = bag.all()
    expect(copy).toEqual({ a: { when: new Date(5), tags: new Set([1]) }, _token: 't' })
    Object.assign(copy['a'] ?? {}, { when: 'changed' })
    expect(data.a.when).toEqual(new Date(5))
    expect(bag.isTouched).toBe(false)
  })
})

describe('what has changed', () => {
  it('reading scalars and misses touches nothing', () => {
    const bag = bagWith({ a: 1, b: { c: 'x' } })
    expect([bag.get('a'), bag.get('b.c'), bag.has('b'), bag.get('x', {}), bag.get('x.y')]).toEqual([1, 'x', true, {}, undefined])
    bag.forget('missing')
    bag.pull('missing.too')
    expect([bag.isTouched, bag.isChanged]).toEqual([false, false])
  })

  it('an object that was handed out may have changed', () => {
    const bag = bagWith({ a: { b: [] } })
    bag.get('a.b')
    expect([bag.isTouched, bag.isChanged]).toEqual([true, false])
    bag.markSaved()
    expect(bag.isTouched).toBe(true) // whoever has it can still write to it
    bag.initialize({})
    expect(bag.isTouched).toBe(false)
  })

  it.each<[string, (bag: AttributeBag) => unknown]>([
    ['set', (bag) => bag.set('x', undefined)],
    ['forget', (bag) => bag.forget('a')],
    ['pull', (bag) => bag.pull('l.0')],
    ['increment', (bag) => bag.increment('n')],
    ['clear', (bag) => bag.clear()],
    ['setReserved', (bag) => bag.setReserved('_token', 't')],
  ])('%s is a change until it is saved', (_name, act) => {
    const bag = bagWith({ a: 1, l: [1], n: 1 })
    act(bag)
    expect([bag.isTouched, bag.isChanged]).toEqual([true, true])
    bag.markSaved()
    expect(bag.isChanged).toBe(false)
  })

  it('a refused write is none', () => {
    const bag = bagWith({ l: [1], t: 'x' })
    for (const act of [() => bag.set('l.5', 1), () => bag.set('__proto__', 1), () => bag.increment('t')]) expect(act).toThrow(SessionError)
    expect(bag.isTouched).toBe(false)
  })
})

describe('increment', () => {
  it('counts a missing number and null as 0, and takes any step', () => {
    const bag = bagWith({ n: null, deep: { n: 5 } })
    expect([
      bag.increment('a.b'),
      bag.increment('a.b'),
      bag.increment('n', 3),
      bag.increment('deep.n', -7),
      bag.increment('deep.n', 0.5),
    ]).toEqual([1, 2, 3, -2, -1.5])
    expect(bag.data).toEqual({ n: 3, deep: { n: -1.5 }, a: { b: 2 } })
  })

  it.each([
    ['a text', '5'],
    ['a list', []],
    ['true', true],
    ['a bigint', 1n],
  ])('refuses %s', (_name, there) => {
    const bag = bagWith({ n: there })
    expect(() => bag.increment('n')).toThrow(refusal(/^increment: a value of type .+ is at 'n'; only a number can be raised\.$/))
    expect(bag.data).toEqual({ n: there })
  })

  it('refuses sums that a number does not hold exactly, and steps that are no number', () => {
    const bag = bagWith({ top: Number.MAX_SAFE_INTEGER, bottom: -Number.MAX_SAFE_INTEGER, nan: NaN, inf: Infinity })
    for (const act of [
      () => bag.increment('top'),
      () => bag.increment('bottom', -1),
      () => bag.increment('nan'),
      () => bag.increment('inf', -1),
    ]) {
      expect(act).toThrow(refusal(/past what a number holds exactly/))
    }
    for (const by of [NaN, Infinity]) expect(() => bag.increment('x', by)).toThrow(refusal(/amount must be a finite number/))
    expect(() => bag.increment('x', untyped('1'))).toThrow(refusal(/amount must be a finite number/))
    expect(bag.has('x')).toBe(false)
  })
})

describe('reserved keys and the guard', () => {
  const reserved = new Set(['_cart', '_token'])

  it.each<[string, (bag: AttributeBag, key: string) => unknown]>([
    ['set', (bag, key) => bag.set(key, 1)],
    ['pull', (bag, key) => bag.pull(key)],
    ['forget', (bag, key) => bag.forget(key)],
    ['increment', (bag, key) => bag.increment(key)],
  ])('%s leaves reserved keys and what is under them alone', (name, act) => {
    const bag = bagWith({ _cart: { n: 1 }, _token: 't' }, { reserved })
    for (const key of ['_cart', '_cart.n', '_token']) {
      expect(() => act(bag, key)).toThrow(refusal(new RegExp(`^${name}: the key '_.+' is reserved`)))
    }
    expect(bag.data).toEqual({ _cart: { n: 1 }, _token: 't' })
    expect(bag.get('_token')).toBe('t')
  })

  it('a key that only looks like it, or has it further down, is free', () => {
    const bag = bagWith({}, { reserved })
    bag.set('_cart2', 1)
    bag.set('a._cart', 1)
    expect(bag.data).toEqual({ _cart2: 1, a: { _cart: 1 } })
  })

  it('clear() leaves what is reserved, and returns the rest (S-102)', () => {
    const data = { a: 1, _cart: { n: 1 }, _token: 't' }
    expect(bagWith(data, { reserved }).clear()).toEqual({ a: 1 })
    expect(data).toEqual({ _cart: { n: 1 }, _token: 't' })
  })

  it('the guard is asked before each change and can forbid it; reading and the session itself need no leave', () => {
    const guard = vi.fn<() => void>(() => {
      throw SessionError.closed()
    })
    const bag = bagWith({ a: 1 }, { guard })
    const writes = [() => bag.set('a', 2), () => bag.pull('a'), () => bag.forget('a'), () => bag.increment('a'), () => bag.clear()]
    for (const write of writes) expect(write).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CLOSED' }))
    expect(guard).toHaveBeenCalledTimes(writes.length)
    expect([bag.get('a'), bag.has('a'), bag.all(), bag.isTouched]).toEqual([1, true, { a: 1 }, false])
    bag.setReserved('_token', 't')
    expect(bag.get('_token')).toBe('t')
  })
})

describe('a frozen bag', () => {
  it('plain objects and arrays are frozen in depth when handed out, so that a write in place throws', () => {
    const bag = bagWith({ a: { list: [{ x: 1 }] } })
    bag.freeze()
    const handed = bag.get('a') as { list: { x: number }[] }
    expect(() => handed.list.push({ x: 2 })).toThrow(TypeError)
    expect(() => Object.assign(handed.list[0] ?? {}, { x: 2 })).toThrow(TypeError)
    expect(() => Object.assign(handed, { y: 1 })).toThrow(TypeError)
    expect(bag.data).toEqual({ a: { list: [{ x: 1 }] } })
  })

  it('other kinds are copies, also inside of objects: nothing is half-kept (S-100)', () => {
    const bag = bagWith({ when: new Date(0), a: { when: new Date(0), tags: new Set(['x']) } })
    bag.freeze()
    ;(bag.get('when') as Date).setTime(9)
    ;(bag.get('a') as { when: Date }).when.setTime(9)
    ;(bag.get('a.tags') as Set<string>).add('y')
    expect(bag.data).toEqual({ when: new Date(0), a: { when: new Date(0), tags: new Set(['x']) } })
    expect(bag.isTouched).toBe(false)
  })

  it('freezing costs nothing until something is handed out', () => {
    const data = { a: {} }
    const bag = bagWith(data)
    bag.freeze()
    bag.get('a')
    expect([Object.isFrozen(data), Object.isFrozen(data.a)]).toEqual([false, false])
  })
})
