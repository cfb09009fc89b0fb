import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { SessionError } from '../../src/session/errors.ts'
import { FlashBag } from '../../src/session/flash-bag.ts'

function bagWith(data: Record<string, unknown>, guard?: () => void): FlashBag {
  const bag = new FlashBag({ guard })
  bag.initialize(data)
  return bag
}

// What JavaScript without types may hand in.
const untyped = (value: unknown): never => value as never

describe('flash data', () => {
  it('last call decides: flash then now is gone, now then flash lives on (S-119)', () => {
    const bag = bagWith({})
    bag.set('a', 1)
    bag.now('a', 2)
    bag.now('b', 1)
    bag.set('b', 2)
    expect([bag.visible(), bag.pending()]).toEqual([{ a: 2, b: 2 }, { b: 2 }])
  })

  it('now then keep or reflash survives one request (S-120)', () => {
    const bag = bagWith({})
    bag.now('a', 1)
    bag.keep('a', 'unknown')
    bag.now('b', 2)
    bag.reflash()
    expect(bag.pending()).toEqual({ a: 1, b: 2 })
  })

  it('keys are taken as written: dots, numbers, and names that hurt elsewhere', () => {
    const keys = ['a.b', '7', '', '__proto__', 'constructor', 'toString', 'prototype']
    const bag = bagWith({})
    for (const key of keys) bag.set(key, { polluted: key })
    const next = bagWith(bag.pending())
    for (const key of keys) expect(next.get(key), key).toEqual({ polluted: key })
    expect(Object.keys(next.visible()).toSorted()).toEqual(keys.toSorted())
    expect([next.has('a'), next.has('valueOf'), next.get('valueOf')]).toEqual([false, false, undefined])
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
    expect(Object.keys(next.clear())).toHaveLength(keys.length)
    expect(next.has('__proto__')).toBe(false)
  })

  it('a key that is no text is refused', () => {
    const bag = bagWith({})
    for (const act of [() => bag.set(untyped(5), 1), () => bag.now(untyped(null), 1), () => bag.get(untyped({}))]) {
      expect(act).toThrow(expect.objectContaining({ code: 'ERR_SESSION_INVALID_ARGUMENT' }))
    }
    expect(bag.visible()).toEqual({})
  })

  it('used alone, clearOldData leaves what the next request sees in the object that was handed in (S-147)', () => {
    const storage: Record<string, unknown> = { old: 1, kept: 2 }
    const bag = bagWith(storage)
    bag.keep('kept')
    bag.set('new', 3)
    bag.now('now', 4)
    bag.clearOldData()
    bag.clearOldData()
    expect(storage).toEqual({ kept: 2, new: 3 })
    expect(bag.pending()).toEqual(storage)
  })

  it('the guard is asked before each change and can forbid it', () => {
    const guard = vi.fn<() => void>(() => {
      throw SessionError.readonly()
    })
    const bag = bagWith({ a: 1 }, guard)
    const writes = [
      () => bag.set('a', 2),
      () => bag.now('a', 2),
      () => bag.keep('a'),
      () => bag.reflash(),
      () => bag.clear(),
      () => bag.clearOldData(),
    ]
    for (const write of writes) expect(write).toThrow(expect.objectContaining({ code: 'ERR_SESSION_READONLY' }))
    expect(guard).toHaveBeenCalledTimes(writes.length)
    expect([bag.get('a'), bag.has('a'), bag.visible()]).toEqual([1, true, { a: 1 }])
  })

  it('frozen, it shows copies and does not age (S-127)', () => {
    const bag = bagWith({ errors: { name: ['short'] } })
    bag.freeze()
    expect(() => Object.assign(bag.get('errors') ?? {}, { x: 1 })).toThrow(TypeError)
    expect(bag.get('errors')).toEqual({ name: ['short'] })
    expect(bag.isChanged).toBe(false)
  })
})

describe('whether flash must be stored again', () => {
  it('no flash, none to come: nothing to store', () => {
    const bag = bagWith({})
    bag.now('x', 1)
    bag.get('x')
    expect(bag.isChanged).toBe(false)
  })

  it('what was loaded ages away: that is a change', () => {
    expect(bagWith({ a: 1 }).isChanged).toBe(true)
  })

  it('all kept as it was: nothing to store, unless an object was handed out', () => {
    const bag = bagWith({ a: { x: 1 } })
    bag.reflash()
    expect(bag.isChanged).toBe(false)
    bag.get('a')
    expect(bag.isChanged).toBe(true)
  })

  it('to keep what is not there changes nothing', () => {
    const bag = bagWith({})
    bag.keep('unknown')
    expect(bag.isChanged).toBe(false)
  })

  it('a bag that takes over other data forgets what was to come', () => {
    const bag = bagWith({})
    bag.set('a', 1)
    bag.initialize({ a: 2 })
    expect([bag.pending(), bag.get('a')]).toEqual([{}, 2])
  })

  it('a new value under a kept key is a change', () => {
    const bag = bagWith({ a: 1 })
    bag.now('a', 2)
    bag.keep('a')
    expect(bag.isChanged).toBe(true)
  })

  it('once saved, it changes again only with the next call', () => {
    const bag = bagWith({ old: 1 })
    bag.set('a', 1)
    bag.markSaved()
    expect([bag.isChanged, bag.pending()]).toEqual([false, { a: 1 }])
    bag.set('b', 1)
    expect(bag.isChanged).toBe(true)
    bag.now('b', 1)
    expect(bag.isChanged).toBe(false)
    bag.clear()
    expect([bag.isChanged, bag.pending()]).toEqual([true, {}])
  })
})

describe('flash data over several requests, beside a second account of it', () => {
  const key = fc.constantFrom('a', 'b', 'a.b', '7', '0', '', '__proto__', 'toString')
  const call = fc.record({
    act: fc.constantFrom('flash', 'now', 'keep', 'reflash', 'clear', 'get', 'save'),
    key,
    other: key,
    value: fc.constantFrom(0, 1, 2, 'x', null),
  })
  const requests = fc.array(fc.array(call, { maxLength: 8 }), { maxLength: 5 })

  it('shows and stores the same', () => {
    fc.assert(
      fc.property(requests, (calls) => {
        let stored = new Map<string, unknown>()
        for (const request of calls) {
          const bag = bagWith(Object.fromEntries(stored))
          const visible = new Map(stored)
          const next = new Map<string, unknown>()
          const keep = (names: Iterable<string>) => {
            for (const name of names) if (visible.has(name)) next.set(name, visible.get(name))
          }
          const acts: Record<string, (name: string, other: string, value: unknown) => void> = {
            flash(name, _other, value) {
              bag.set(name, value)
              visible.set(name, value)
              next.set(name, value)
            },
            now(name, _other, value) {
              bag.now(name, value)
              visible.set(name, value)
              next.delete(name)
            },
            keep(name, other) {
              bag.keep(name, other)
              keep([name, other])
            },
            reflash() {
              bag.reflash()
              keep(visible.keys())
            },
            clear() {
              bag.clear()
              visible.clear()
              next.clear()
            },
            get: (name) => expect(bag.get(name, 'd')).toBe(visible.get(name) ?? 'd'),
            save() {
              bag.markSaved()
              stored = new Map(next)
            },
          }
          for (const { act, key: name, other, value } of request) {
            acts[act]?.(name, other, value)
            expect(bag.has(name)).toBe(visible.has(name))
            // Exact but for one thing: a value that was replaced by an equal one counts as changed.
            if (!same(next, stored)) expect(bag.isChanged).toBe(true)
            if (!bag.isChanged) expect(same(next, stored)).toBe(true)
          }
          expect(new Map(Object.entries(bag.visible()))).toEqual(visible)
          expect(new Map(Object.entries(bag.pending()))).toEqual(next)
          stored = next
        }
      }),
      { numRuns: 1000 },
    )
  })
})

function same(one: Map<string, unknown>, other: Map<string, unknown>): boolean {
  return one.size === other.size && [...one].every(([key, value]) => other.has(key) && other.get(key) === value)
}
