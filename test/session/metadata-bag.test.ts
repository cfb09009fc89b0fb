import { describe, expect, it, vi } from 'vitest'
import { SessionError } from '../../src/session/errors.ts'
import { MetadataBag } from '../../src/session/metadata-bag.ts'

const refusal = (message: RegExp) =>
  expect.objectContaining({ code: 'ERR_SESSION_INVALID_ARGUMENT', message: expect.stringMatching(message) })

function bagAt(nowSeconds: number, data: Record<string, unknown> = {}, guard?: () => void): MetadataBag {
  const bag = new MetadataBag({ clock: () => nowSeconds * 1000 + 999, guard })
  bag.initialize(data)
  return bag
}

// What JavaScript without types may hand in.
const untyped = (value: unknown): never => value as never

describe('stamps', () => {
  it('are whole Unix seconds of the clock that was handed in (S-150)', () => {
    const bag = bagAt(100)
    expect([bag.getCreatedAt(), bag.getLastUsedAt()]).toEqual([100, 100])
  })

  it('a stored stamp stays; one that is no whole number is made anew', () => {
    const bag = bagAt(100, { created_at: 7, last_used_at: '8' })
    expect([bag.getCreatedAt(), bag.getLastUsedAt()]).toEqual([7, 100])
  })

  it('are no change, are not among your own values and cannot be set', () => {
    const bag = bagAt(100, { last_used_at: 1 })
    bag.stampNew()
    for (const key of ['created_at', 'last_used_at']) expect(() => bag.set(key, 1)).toThrow(refusal(/kept by the session itself/))
    expect([bag.isChanged, bag.extra]).toEqual([false, undefined])
  })

  it.each([-1, 0.5, NaN, Infinity])('a threshold of %d is refused', (seconds) => {
    expect(() => bagAt(1).setUpdateThreshold(seconds)).toThrow(refusal(/whole number of seconds/))
  })
})

describe('values of your own', () => {
  it('are kept beside the others, and given back as copies', () => {
    const bag = bagAt(1, { device: { name: 'x' } })
    bag.set('plan', ['free'])
    const device = bag.get('device') as { name: string }
    device.name = 'y'
    expect([bag.get('device'), bag.get('missing', 'd'), bag.get('toString')]).toEqual([{ name: 'x' }, 'd', undefined])
    bag.setUserId('7')
    expect(bag.extra).toEqual({ device: { name: 'x' }, plan: ['free'] })
    expect(bag.isChanged).toBe(true)
  })

  it('undefined removes one', () => {
    const bag = bagAt(1, { device: 1 })
    bag.set('missing', undefined)
    expect(bag.isChanged).toBe(false)
    bag.set('device', undefined)
    expect([bag.extra, bag.isChanged]).toEqual([undefined, true])
  })

  it('may have any name', () => {
    const bag = bagAt(1)
    bag.set('__proto__', { polluted: 1 })
    expect(bag.get('__proto__')).toEqual({ polluted: 1 })
    expect(Object.keys(bag.extra ?? {})).toEqual(['__proto__'])
    expect(bag.get('polluted')).toBeUndefined()
  })

  it('a key that is no text is refused', () => {
    for (const act of [() => bagAt(1).set(untyped(5), 1), () => bagAt(1).get(untyped(undefined))])
      expect(act).toThrow(refusal(/must be a string/))
  })
})

describe('whose session it is, and where the request came from', () => {
  it('each is kept, read back, and forgotten by null (S-133 to S-138)', () => {
    const bag = bagAt(1)
    bag.setUserId(42)
    bag.setIpAddress('192.0.2.1')
    bag.setUserAgent('Browser/1.0')
    expect([bag.userId, bag.ipAddress, bag.userAgent, bag.extra]).toEqual(['42', '192.0.2.1', 'Browser/1.0', undefined])
    expect(bag.isChanged).toBe(true)
    bag.markSaved()
    bag.setUserId(null)
    bag.setIpAddress(null)
    bag.setUserAgent(undefined)
    expect([bag.userId, bag.ipAddress, bag.userAgent, bag.isChanged]).toEqual([undefined, undefined, undefined, true])
  })

  it('the same again is no change', () => {
    const bag = bagAt(1, { user_id: '42', ip_address: '192.0.2.1' })
    bag.setUserId(42)
    bag.setIpAddress('192.0.2.1')
    bag.setUserAgent(null)
    expect(bag.isChanged).toBe(false)
  })

  it('set() checks them as their own methods do', () => {
    const bag = bagAt(1)
    bag.set('user_id', 42)
    bag.set('ip_address', 'fe80::1%eth0')
    bag.set('user_agent', 'a\nb')
    expect([bag.get('user_id'), bag.get('ip_address'), bag.get('user_agent')]).toEqual(['42', 'fe80::1', 'a\ufffdb'])
    expect(() => bag.set('ip_address', 'nowhere')).toThrow(refusal(/^setIpAddress: /))
  })

  it('the guard is asked before each change and can forbid it', () => {
    const guard = vi.fn<() => void>(() => {
      throw SessionError.closed()
    })
    const bag = bagAt(1, { device: 1 }, guard)
    const writes = [
      () => bag.set('x', 1),
      () => bag.setUserId(1),
      () => bag.setIpAddress(null),
      () => bag.setUserAgent('x'),
      () => bag.stampNew(),
      () => bag.clear(),
    ]
    for (const write of writes) expect(write).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CLOSED' }))
    expect(guard).toHaveBeenCalledTimes(writes.length)
    expect(bag.get('device')).toBe(1)
  })
})

describe('an end', () => {
  it('clear() empties the object that was handed in and returns what it held', () => {
    const data: Record<string, unknown> = { created_at: 1, last_used_at: 2, user_id: '7', device: 1 }
    const bag = bagAt(100, data)
    expect(bag.clear()).toEqual({ created_at: 1, last_used_at: 2, user_id: '7', device: 1 })
    expect([data, bag.isChanged, bag.getCreatedAt()]).toEqual([{}, true, 100])
  })
})
