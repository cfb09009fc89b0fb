import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { EncryptedSerializer } from '../../src/serializers/encrypted.ts'
import type { FetchKeys, KeyRingOptions } from '../../src/serializers/encrypted.ts'
import { errorOf, newKey, openedBy, reasonOf, sealedBy, textSerializer } from '../support/sealed.ts'
import { place } from '../support/serializer-context.ts'

const v1 = newKey()
const v2 = newKey()

interface Service {
  readonly keys: FetchKeys
  /** How often it was asked. */
  readonly asked: () => number
  /** What it answers from now on: a ring, an error, or nothing ever. */
  readonly answer: (next: KeyRingOptions | Error | 'nothing') => void
}

/** A key management service. */
function aService(first: KeyRingOptions | Error | 'nothing'): Service {
  let current = first
  let asked = 0
  const keys = async (): Promise<KeyRingOptions> => {
    asked++
    await Promise.resolve()
    if (current === 'nothing') return await new Promise(() => undefined)
    if (current instanceof Error) throw current
    return current
  }
  return {
    keys,
    asked: () => asked,
    answer(next) {
      current = next
    },
  }
}

function fetching(keys: FetchKeys, reloadEverySeconds?: number): EncryptedSerializer {
  return new EncryptedSerializer({ serializer: textSerializer, keys, ...(reloadEverySeconds === undefined ? {} : { reloadEverySeconds }) })
}

const older = new EncryptedSerializer({ serializer: textSerializer, keys: { v1 } })
const newer = new EncryptedSerializer({ serializer: textSerializer, keys: { v2, v1 } })

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
afterEach(() => void vi.useRealTimers())

const seconds = async (count: number): Promise<void> => void (await vi.advanceTimersByTimeAsync(1000 * count))

describe('keys that a function gives', () => {
  it('may come at once or later', async () => {
    for (const keys of [() => ({ v1 }), async () => await Promise.resolve({ v1 })]) {
      expect((await openedBy(older, await sealedBy(fetching(keys), 'a'))).value).toBe('a')
    }
  })

  it('are not asked for before they are needed', () => {
    const service = aService({ v1 })
    expect(fetching(service.keys)).toBeInstanceOf(EncryptedSerializer)
    expect(service.asked()).toBe(0)
  })

  it('are asked for once, when the store is opened', async () => {
    const service = aService({ v1 })
    const serializer = fetching(service.keys)
    await serializer.open()
    await serializer.open()
    await sealedBy(serializer, 'a')
    expect(service.asked()).toBe(1)
  })

  it('are asked for once by many texts, which wait for them', async () => {
    const service = aService({ v1 })
    const serializer = fetching(service.keys)
    const text = await sealedBy(older, 'a')
    const sealing = Array.from({ length: 100 }, (_, index) => serializer.prepare(`text ${index}`, place))
    const opening = Array.from({ length: 100 }, () => serializer.restore(text, place))
    expect([...sealing, ...opening].every((one) => one instanceof Promise)).toBe(true)
    await Promise.all([...sealing, ...opening, serializer.reseal(text, place), serializer.open()])
    expect(service.asked()).toBe(1)
  })

  it('are waited for once: then texts are sealed and opened without a promise', async () => {
    const serializer = fetching(aService({ v1 }).keys)
    await serializer.open()
    const text = serializer.prepare('a', place)
    expect(typeof text).toBe('string')
    expect(serializer.restore(await sealedBy(serializer, 'a'), place)).toEqual({ value: 'a', loaded: 'a', stale: false })
  })
})

describe('keys that a function gives again', () => {
  it('are asked for after reloadEverySeconds, in the background', async () => {
    const service = aService({ v1 })
    const serializer = fetching(service.keys, 60)
    await serializer.open()
    service.answer({ v2, v1 })
    await seconds(59)
    expect(newer.keyNameOf(await sealedBy(serializer, 'a'))).toBe('v1')
    expect(service.asked()).toBe(1)
    await seconds(1)
    expect(typeof serializer.prepare('a', place)).toBe('string')
    await seconds(0)
    expect(service.asked()).toBe(2)
    expect(newer.keyNameOf(await sealedBy(serializer, 'a'))).toBe('v2')
    expect(await openedBy(serializer, await sealedBy(older, 'a'))).toEqual({ value: 'a', loaded: 'a', stale: true })
  })

  it('are asked for after 300 seconds where nothing else is said', async () => {
    const service = aService({ v1 })
    const serializer = fetching(service.keys)
    await serializer.open()
    await seconds(299)
    await sealedBy(serializer, 'a')
    expect(service.asked()).toBe(1)
    await seconds(1)
    await Promise.all(Array.from({ length: 10 }, () => sealedBy(serializer, 'a')))
    expect(service.asked()).toBe(2)
  })

  it('are never asked for by the clock with reloadEverySeconds: 0', async () => {
    const service = aService({ v1 })
    const serializer = fetching(service.keys, 0)
    await serializer.open()
    await seconds(1_000_000)
    await sealedBy(serializer, 'a')
    await seconds(0)
    expect(service.asked()).toBe(1)
  })

  it('are asked for at once when a text names a key that is not known, which then opens', async () => {
    const service = aService({ v1 })
    const serializer = fetching(service.keys, 0)
    await serializer.open()
    service.answer({ v1, v2 })
    await seconds(5)
    const text = await sealedBy(newer, 'a')
    const opened = await Promise.all(Array.from({ length: 20 }, () => openedBy(serializer, text)))
    expect(opened).toEqual(Array.from({ length: 20 }, () => ({ value: 'a', loaded: 'a', stale: true })))
    expect(service.asked()).toBe(2)
  })

  it('are asked for at most every five seconds, whatever names texts have', async () => {
    const service = aService({ v1 })
    const serializer = fetching(service.keys, 0)
    await serializer.open()
    const text = await sealedBy(newer, 'a')
    for (let second = 0; second < 20; second++) {
      for (const name of ['v2', 'v3', `x${second}`]) {
        expect(await reasonOf(serializer, text.replace('hf1.v2.', `hf1.${name}.`))).toBe('unknown-key')
      }
      await seconds(1)
    }
    expect(service.asked()).toBe(4)
  })

  it('are not asked for by a text that is plain, damaged, of a later version, or under a known or retired key', async () => {
    const service = aService({ v1, v0: { state: 'retired' } })
    const serializer = fetching(service.keys, 0)
    await serializer.open()
    await seconds(100)
    const text = await sealedBy(older, 'a')
    const others = [
      '',
      'hf1.',
      'hf2.v2.a',
      text.slice(0, -1),
      text.replace('hf1.v1.', 'hf1.v0.'),
      text.replace('hf1.v1.', 'hf1.__proto__.'),
    ]
    for (const other of others) expect(await reasonOf(serializer, other)).not.toBe('opened')
    expect(service.asked()).toBe(1)
  })

  it('are what they were, when they are the same: no key is derived again, and no new one seals', async () => {
    const service = aService({ v1 })
    const serializer = fetching(service.keys, 1)
    const head = (text: string): string => text.slice(0, 'hf1.v1.'.length + 24)
    const first = head(await sealedBy(serializer, 'a'))
    for (let second = 0; second < 5; second++) {
      service.answer({ v1: Buffer.from(v1, 'base64') })
      await seconds(1)
      expect(head(await sealedBy(serializer, 'a'))).toBe(first)
      await seconds(0)
    }
    expect(service.asked()).toBe(6)
    service.answer({ v2, v1 })
    await seconds(1)
    await sealedBy(serializer, 'a')
    await seconds(0)
    expect((await sealedBy(serializer, 'a')).slice(0, 7)).toBe('hf1.v2.')
  })
})

describe('a ring that the function gives', () => {
  it('may be one that cannot be used: it is refused with its option, and nothing of the key', async () => {
    const weak = 'correct horse battery staple'
    for (const ring of [{}, { v1: weak }, { v1, v2: v1 }, { v1: { state: 'retired' } }, undefined, v1, () => ({ v1 })]) {
      const error = await errorOf(() => fetching(() => ring as KeyRingOptions).open())
      expect(error).toMatchObject({ code: 'ERR_SESSION_CONFIG', message: expect.stringContaining("Option 'keys") })
      expect(error.message).not.toContain(weak)
      expect(error.message).not.toContain(v1)
    }
  })
})
