import { describe, expect, it } from 'vitest'
import { newSession } from './support.ts'

describe('data under dotted keys', () => {
  it('S-080: get gives what is there, undefined for a miss, or the default that was given', async () => {
    const session = await newSession()
    session.set('user.name', 'Ada')
    expect(session.get('user.name')).toBe('Ada')
    expect(session.get('user.age')).toBeUndefined()
    expect(session.get('user.age', 36)).toBe(36)
  })

  it('S-081 S-083: set keeps a value and forget removes it', async () => {
    const session = await newSession()
    session.set('theme', 'dark')
    expect(session.has('theme')).toBe(true)
    session.forget('theme')
    expect([session.has('theme'), session.get('theme')]).toEqual([false, undefined])
  })

  it('S-084: pull gives a value and removes it, and the default when there is none', async () => {
    const session = await newSession()
    session.set('cart.coupon', 'A1')
    expect(session.pull('cart.coupon')).toBe('A1')
    expect(session.pull('cart.coupon', 'none')).toBe('none')
    expect(session.get('cart')).toEqual({})
  })

  it('S-086: a dotted key nests, and each branch on its way is there', async () => {
    const session = await newSession()
    session.set('user.preferences.theme', 'dark')
    expect(session.has('user.preferences')).toBe(true)
    expect(session.get('user')).toEqual({ preferences: { theme: 'dark' } })
  })

  it('S-088: set on a branch replaces all of it', async () => {
    const session = await newSession()
    session.set('user.preferences.theme', 'dark')
    session.set('user.preferences', { size: 12 })
    expect(session.get('user')).toEqual({ preferences: { size: 12 } })
  })

  it('S-089: below a scalar there is nothing, whatever methods it has', async () => {
    const session = await newSession()
    session.set('name', 'Ada')
    expect(session.get('name.length', 'default')).toBe('default')
    expect(session.get('name.0')).toBeUndefined()
  })

  it('S-095: empty segments are keys like any other', async () => {
    const session = await newSession()
    for (const key of ['a..b', '.c', 'd.', '.']) session.set(key, key)
    for (const key of ['a..b', '.c', 'd.', '.']) expect(session.get(key)).toBe(key)
    expect(session.get('a')).toEqual({ '': { b: 'a..b' } })
    expect(session.get('d')).toEqual({ '': 'd.' })
    expect(session.get('')).toEqual({ c: '.c', '': '.' })
  })

  it('S-101: there is no second way to set: set takes a key and a value', async () => {
    const session = await newSession()
    // @ts-expect-error -- a key is a text
    expect(() => session.set({ a: 1 })).toThrow('set: the key must be a string')
  })
})
