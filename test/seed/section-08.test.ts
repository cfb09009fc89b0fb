import { describe, expect, it } from 'vitest'
import { AttributeBag, FlashBag, MetadataBag } from '../../src/index.ts'
import type { SessionBag } from '../../src/index.ts'
import { testClock } from '../../src/testing/test-clock.ts'
import { openShop } from '../manager/support/shop.ts'

function flashBag(stored: Record<string, unknown>): FlashBag {
  const bag = new FlashBag()
  bag.initialize(stored)
  return bag
}

/** What the next request would see. */
const onward = (bag: FlashBag): unknown => flashBag(bag.pending()).visible()

describe('bags', () => {
  it('S-140 S-141 S-143 S-153: each has the name and storage key of the seed, and lives in the object that it is given', () => {
    const bags: SessionBag[] = [new AttributeBag(), new FlashBag(), new MetadataBag({ clock: () => 0 })]
    expect(bags.map((bag) => [bag.name, bag.storageKey])).toEqual([
      ['attributes', '_attributes'],
      ['flash', '_flash'],
      ['metadata', '_meta'],
    ])
    const data: Record<string, unknown> = { a: 1 }
    const bag = new AttributeBag()
    bag.initialize(data)
    bag.set('b.c', 2)
    expect(data).toEqual({ a: 1, b: { c: 2 } })
  })

  it('S-140: clear() returns what was there', () => {
    for (const bag of [new AttributeBag(), new FlashBag()]) {
      bag.initialize({ a: 1 })
      expect(bag.clear()).toEqual({ a: 1 })
      expect(bag.clear()).toEqual({})
    }
  })

  it('S-142: AttributeBag sets, gets, has, pulls and forgets under dotted keys, and shows all', () => {
    const bag = new AttributeBag()
    bag.set('user.name', 'Ada')
    expect([bag.get('user.name'), bag.has('user.name'), bag.has('user.age')]).toEqual(['Ada', true, false])
    expect(bag.all()).toEqual({ user: { name: 'Ada' } })
    expect(bag.pull('user.name')).toBe('Ada')
    bag.forget('user')
    expect(bag.all()).toEqual({})
  })

  it('S-144: FlashBag.set is for the next request', () => {
    const bag = new FlashBag()
    bag.set('status', 'saved')
    expect(onward(bag)).toEqual({ status: 'saved' })
  })

  it('S-145: FlashBag.now is for this request', () => {
    const bag = new FlashBag()
    bag.now('status', 'saved')
    expect(bag.get('status')).toBe('saved')
    expect(onward(bag)).toEqual({})
  })

  it('S-146: FlashBag.keep keeps what it names, reflash everything', () => {
    const stored = { success: 1, warning: 2, info: 3 }
    const bag = flashBag({ ...stored })
    bag.keep('success', 'warning', 'unknown')
    expect(onward(bag)).toEqual({ success: 1, warning: 2 })
    bag.reflash()
    expect(onward(bag)).toEqual(stored)
  })

  it('S-148: FlashBag.get gives the default for null, and has counts null as there', () => {
    const bag = flashBag({ nothing: null })
    expect(bag.get('nothing', 'default')).toBe('default')
    expect([bag.has('nothing'), bag.has('missing')]).toEqual([true, false])
  })

  it('S-149: what FlashBag is given is old: shown now, and gone with the next request', () => {
    const bag = flashBag({ status: 'saved' })
    expect(bag.get('status')).toBe('saved')
    expect(onward(bag)).toEqual({})
  })

  it('S-151: stampNew() leaves the last use alone until the threshold has passed, counted from the last stamp', () => {
    const clock = testClock(0)
    const bag = new MetadataBag({ clock: clock.now })
    bag.initialize({})
    bag.setUpdateThreshold(300)
    const usedAfter = (seconds: number): number => {
      clock.advance(seconds * 1000)
      bag.stampNew()
      return bag.getLastUsedAt()
    }
    expect([usedAfter(299), usedAfter(1), usedAfter(299), usedAfter(1)]).toEqual([0, 300, 300, 600])
  })

  it('S-152: an unchanged session writes nothing until touchEverySeconds have passed', async () => {
    const { sessions, stored, driver, clock } = openShop({ lifetime: { touchEverySeconds: 60 } })
    const id = await stored()
    const touches = async (seconds: number): Promise<boolean> => {
      clock.advance(seconds * 1000)
      driver.forget()
      await sessions.run(id, (session) => session.get('n'))
      return driver.calls.some(({ method, args }) => method === 'commit' && Reflect.get(Object(args[2]), 'touch') !== undefined)
    }
    expect([await touches(59), await touches(1), await touches(59), await touches(1)]).toEqual([false, true, false, true])
  })

  it('S-153: MetadataBag stamps creation and last use when it is given none', () => {
    const data: Record<string, unknown> = {}
    new MetadataBag({ clock: () => 5999 }).initialize(data)
    expect(data).toEqual({ created_at: 5, last_used_at: 5 })
  })
})
