import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { DerivedKeys } from '../../../src/serializers/sealing/derived-keys.ts'
import type { SealKey } from '../../../src/serializers/sealing/engine.ts'
import type { RingKey } from '../../../src/serializers/sealing/key-ring.ts'
import { webEngine } from '../../../src/serializers/sealing/web-engine.ts'
import { WriterKey } from '../../../src/serializers/sealing/writer-key.ts'
import { countingEngine } from '../../support/sealed.ts'

const MOST_TEXTS = 2 ** 20
const POOL_BYTES = 341 * 12

const clock = { wallMs: 0, steadyMs: 0 }

function advance(ms: number): void {
  clock.wallMs += ms
  clock.steadyMs += ms
}

// No spies: they would remember each of millions of calls.
const wallNow = Reflect.get(Date, 'now')
const steadyNow = Reflect.get(performance, 'now')

beforeEach(() => {
  clock.wallMs = 1_750_000_000_000
  clock.steadyMs = 1000
  Date.now = () => clock.wallMs
  performance.now = () => clock.steadyMs
})

afterEach(() => {
  Date.now = wallNow
  performance.now = steadyNow
})

function aRingKey(name = 'v1'): { readonly ringKey: RingKey; readonly derived: () => number } {
  const { engine, derived } = countingEngine()
  return { ringKey: { name, isPhp: false, derived: new DerivedKeys(engine.secret(new Uint8Array(32).fill(7)), engine) }, derived }
}

describe('the key that a process seals with', () => {
  it('is one for many texts', () => {
    const { ringKey, derived } = aRingKey()
    const writer = new WriterKey()
    const heads = new Set(Array.from({ length: 10_000 }, () => writer.next(ringKey).head))
    expect([heads.size, derived()]).toEqual([1, 1])
    expect([...heads][0]).toMatch(/^hf1\.v1\.[A-Za-z0-9_-]{24}$/)
  })

  it('is a new one after 2^20 texts', () => {
    const { ringKey } = aRingKey()
    const writer = new WriterKey()
    const { head } = writer.next(ringKey)
    for (let text = 2; text < MOST_TEXTS; text++) writer.next(ringKey)
    expect(writer.next(ringKey).head).toBe(head)
    const second = writer.next(ringKey).head
    expect(second).not.toBe(head)
    for (let text = 2; text <= MOST_TEXTS; text++) writer.next(ringKey)
    expect([head, second]).not.toContain(writer.next(ringKey).head)
  })

  it('is a new one after more than a second in which nothing was sealed', () => {
    const { ringKey } = aRingKey()
    const writer = new WriterKey()
    const { head } = writer.next(ringKey)
    for (let second = 0; second < 10; second++) {
      advance(1000)
      expect(writer.next(ringKey).head).toBe(head)
    }
    advance(1001)
    expect(writer.next(ringKey).head).not.toBe(head)
  })

  it('is a new one after a jump of the clock, forward or back, while no time seems to have passed', () => {
    for (const jumpMs of [1001, 3_600_000, -1001, -3_600_000]) {
      const { ringKey } = aRingKey()
      const writer = new WriterKey()
      const { head } = writer.next(ringKey)
      clock.wallMs += jumpMs
      const next = writer.next(ringKey).head
      expect(next).not.toBe(head)
      expect(writer.next(ringKey).head).toBe(next)
    }
  })

  it('is a new one after a pause that the wall clock does not show', () => {
    const { ringKey } = aRingKey()
    const writer = new WriterKey()
    const { head } = writer.next(ringKey)
    clock.steadyMs += 1001
    expect(writer.next(ringKey).head).not.toBe(head)
  })

  it('is another one for another key of the ring, and for a ring that was fetched anew', () => {
    const [one, other, again] = [aRingKey('v1').ringKey, aRingKey('v2').ringKey, aRingKey('v1').ringKey]
    const writer = new WriterKey()
    const heads = [one, other, one, again].map((ringKey) => writer.next(ringKey).head)
    expect(new Set(heads).size).toBe(4)
    expect(heads[1]).toMatch(/^hf1\.v2\./)
  })

  it('is another one in each serializer', () => {
    const { ringKey } = aRingKey()
    const heads = Array.from({ length: 1000 }, () => new WriterKey().next(ringKey).head)
    expect(new Set(heads).size).toBe(1000)
  })

  it('opens what it sealed', async () => {
    const { ringKey } = aRingKey()
    const writer = new WriterKey()
    const { head, key } = writer.next(ringKey)
    const box = await (await key).seal(writer.iv(), 'about', 'text')
    const salt = head.slice('hf1.v1.'.length)
    expect(await ringKey.derived.open({ keyName: 'v1', head, salt, box }, 'about')).toBe('text')
  })

  it('is not kept past its time when a new one could not be made', () => {
    const { ringKey } = aRingKey()
    let fails = false
    const make: DerivedKeys['make'] = (salt, name) => {
      if (fails) throw new Error('no memory')
      return ringKey.derived.make(salt, name)
    }
    const failing: RingKey = { name: 'v1', isPhp: false, derived: Object.assign(Object.create(ringKey.derived), { make }) as DerivedKeys }
    const writer = new WriterKey()
    const { head } = writer.next(failing)
    advance(2000)
    fails = true
    expect(() => writer.next(failing)).toThrow('no memory')
    fails = false
    expect(writer.next(failing).head).not.toBe(head)
  })
})

describe('a key that takes a promise', () => {
  const ringKey = (): RingKey => ({
    name: 'v1',
    isPhp: false,
    derived: new DerivedKeys(webEngine.secret(new Uint8Array(32).fill(7)), webEngine),
  })

  it('is one promise for all who wait, and none afterwards', async () => {
    const own = ringKey()
    const writer = new WriterKey()
    const waiting = [writer.next(own), writer.next(own)]
    expect(waiting[0]?.key).toBeInstanceOf(Promise)
    expect(waiting[1]?.key).toBe(waiting[0]?.key)
    const key = await waiting[0]?.key
    expect(writer.next(own).key).toBe(key)
  })

  it('is made anew when it could not be made', async () => {
    const own = ringKey()
    const lost = Promise.reject<SealKey>(new Error('no memory'))
    vi.spyOn(own.derived, 'make').mockReturnValueOnce({ head: 'hf1.v1.lost', key: lost })
    const writer = new WriterKey()
    await expect(writer.next(own).key).rejects.toThrow('no memory')
    const { head, key } = writer.next(own)
    expect(head).not.toBe('hf1.v1.lost')
    expect(await (await key).seal(writer.iv(), '', 'text')).toMatch(/^[A-Za-z0-9_-]+$/)
  })
})

describe('IVs', () => {
  it('are 12 bytes, and no two are the same', () => {
    const { ringKey } = aRingKey()
    const writer = new WriterKey()
    const seen = new Set<string>()
    for (let text = 0; text < 200_000; text++) {
      writer.next(ringKey)
      const iv = writer.iv()
      if (iv.length === 12) seen.add(Buffer.from(iv).toString('latin1'))
    }
    expect(seen.size).toBe(200_000)
  })

  it('come out of a pool that is thrown away with its key: a copy of this process has it as well', () => {
    const random = vi.spyOn(globalThis.crypto, 'getRandomValues')
    const pools = (): number => random.mock.calls.filter(([array]) => array?.byteLength === POOL_BYTES).length
    const { ringKey } = aRingKey()
    const writer = new WriterKey()
    writer.next(ringKey)
    writer.iv()
    for (let text = 2; text <= 341; text++) writer.iv()
    expect(pools()).toBe(1)
    writer.iv()
    expect(pools()).toBe(2)
    advance(1001)
    writer.next(ringKey)
    writer.iv()
    expect(pools()).toBe(3)
  })

  it('are not drawn before there is something to seal: some runtimes have no random values while a module is loaded', () => {
    const random = vi.spyOn(globalThis.crypto, 'getRandomValues')
    expect(new WriterKey()).toBeInstanceOf(WriterKey)
    expect(random).not.toHaveBeenCalled()
  })
})
