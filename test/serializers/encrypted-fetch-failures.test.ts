import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { EncryptedSerializer } from '../../src/serializers/encrypted.ts'
import type { FetchKeys, KeyRingOptions } from '../../src/serializers/encrypted.ts'
import { errorOf, newKey, openedBy, reasonOf, sealedBy, textSerializer } from '../support/sealed.ts'
import { place } from '../support/serializer-context.ts'

const v1 = newKey()
const v2 = newKey()
const oops = new RangeError('oops')
const newer = new EncryptedSerializer({ serializer: textSerializer, keys: { v2, v1 } })

/** A serializer whose keys come from functions, one after the other; of the last, always. It notes how often, and what it reported. */
function aSerializer(...answers: readonly FetchKeys[]): {
  readonly serializer: EncryptedSerializer
  readonly asked: () => number
  readonly reports: unknown[]
  readonly report: (operation: string, cause: unknown) => void
} {
  let asked = 0
  const reports: unknown[] = []
  const keys: FetchKeys = () => (answers[asked++] ?? answers.at(-1) ?? fails)()
  const serializer = new EncryptedSerializer({ serializer: textSerializer, keys, reloadEverySeconds: 60 })
  return { serializer, asked: () => asked, reports, report: (operation, cause) => void reports.push([operation, cause]) }
}

const gives = (): KeyRingOptions => ({ v1 })
const fails: FetchKeys = () => Promise.reject(oops)
const throws: FetchKeys = () => {
  throw oops
}
const hangs: FetchKeys = () => new Promise(() => undefined)

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
afterEach(() => void vi.useRealTimers())

const seconds = async (count: number): Promise<void> => void (await vi.advanceTimersByTimeAsync(1000 * count))

describe('while there are no keys yet', () => {
  it('a function that fails is a driver failure with its cause, for every text alike', async () => {
    for (const failing of [fails, throws]) {
      const { serializer } = aSerializer(failing)
      const text = await sealedBy(newer, 'a')
      const each = [() => serializer.open(), () => serializer.prepare('a', place), () => serializer.restore(text, place)]
      for (const error of await Promise.all([...each, () => serializer.reseal(text, place)].map(errorOf))) {
        expect(error).toMatchObject({ code: 'ERR_SESSION_DRIVER_FAILED', status: 503, cause: oops })
      }
    }
  })

  it('the function is asked again a second later, and not by each text meanwhile', async () => {
    const { serializer, asked } = aSerializer(fails, fails, gives)
    for (let text = 0; text < 10; text++) expect((await errorOf(() => serializer.prepare('a', place))).cause).toBe(oops)
    expect(asked()).toBe(1)
    await seconds(1)
    for (let text = 0; text < 10; text++) expect((await errorOf(() => serializer.prepare('a', place))).cause).toBe(oops)
    expect(asked()).toBe(2)
    await seconds(1)
    expect((await openedBy(newer, await sealedBy(serializer, 'a'))).value).toBe('a')
  })

  it('the function is given up when it has not answered in ten seconds, and asked again', async () => {
    const { serializer, asked } = aSerializer(hangs, gives)
    const failing = Promise.all(Array.from({ length: 10 }, () => errorOf(() => serializer.prepare('a', place))))
    await seconds(9.999)
    expect(vi.getTimerCount()).toBe(1)
    await seconds(0.001)
    for (const error of await failing) {
      expect(error).toMatchObject({ code: 'ERR_SESSION_DRIVER_FAILED', cause: { name: 'TimeoutError' } })
    }
    expect(asked()).toBe(1)
    await seconds(1)
    expect(typeof (await sealedBy(serializer, 'a'))).toBe('string')
  })

  it('an answer that comes too late does no harm', async () => {
    const late = Promise.withResolvers<KeyRingOptions>()
    const { serializer } = aSerializer(() => late.promise, gives)
    const failing = errorOf(() => serializer.prepare('a', place))
    await seconds(11)
    expect((await failing).code).toBe('ERR_SESSION_DRIVER_FAILED')
    late.reject(oops)
    await seconds(0)
    expect(newer.keyNameOf(await sealedBy(serializer, 'a'))).toBe('v1')
  })

  it('a ring that cannot be used is tried again, too', async () => {
    const { serializer } = aSerializer(() => ({}), gives)
    expect((await errorOf(() => serializer.open())).code).toBe('ERR_SESSION_CONFIG')
    await seconds(1)
    await serializer.open()
    expect(newer.keyNameOf(await sealedBy(serializer, 'a'))).toBe('v1')
  })

  it('no timer is left when the keys are there', async () => {
    const { serializer } = aSerializer(gives)
    await serializer.open()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('a fetch that the runtime cut off, timer and all, holds up no later one', async () => {
    const { serializer, asked } = aSerializer(hangs, gives)
    cutOffNext()
    void Promise.resolve(serializer.prepare('a', place)).catch(() => undefined)
    await seconds(20)
    const sealing = sealedBy(serializer, 'a')
    await seconds(20)
    expect(asked()).toBe(2)
    expect(newer.keyNameOf(await within(sealing))).toBe('v1')
  })
})

describe('when keys were there before', () => {
  it('a failure keeps them, and is reported', async () => {
    const { serializer, reports, report, asked } = aSerializer(gives, fails, throws, () => ({}), gives)
    await serializer.open(report)
    const text = await sealedBy(serializer, 'a')
    for (let fetch = 0; fetch < 3; fetch++) {
      await seconds(60)
      expect(await openedBy(serializer, text)).toEqual({ value: 'a', loaded: 'a', stale: false })
      await seconds(0)
    }
    expect(asked()).toBe(4)
    expect(reports).toEqual([
      ['keys', expect.objectContaining({ code: 'ERR_SESSION_DRIVER_FAILED', cause: oops })],
      ['keys', expect.objectContaining({ code: 'ERR_SESSION_DRIVER_FAILED', cause: oops })],
      ['keys', expect.objectContaining({ code: 'ERR_SESSION_CONFIG' })],
    ])
  })

  it('a function that never answers holds up no text under a known key, and is reported after ten seconds', async () => {
    const { serializer, reports, report } = aSerializer(gives, hangs, gives)
    await serializer.open(report)
    await seconds(60)
    expect(typeof serializer.prepare('a', place)).toBe('string')
    await seconds(10)
    expect(reports).toEqual([['keys', expect.objectContaining({ cause: expect.objectContaining({ name: 'TimeoutError' }) })]])
  })

  it('a text under an unknown key is out of reach while the function fails, and unreadable once the keys came without it', async () => {
    const { serializer, asked, report } = aSerializer(gives, fails, gives)
    await serializer.open(report)
    const text = await sealedBy(newer, 'a')
    const malformed = text.slice(0, 60)
    await seconds(5)
    for (let each = 0; each < 3; each++) {
      expect(await errorOf(() => serializer.restore(text, place))).toMatchObject({ code: 'ERR_SESSION_DRIVER_FAILED', cause: oops })
      expect(await reasonOf(serializer, malformed)).toBe('malformed')
    }
    await seconds(5)
    for (let each = 0; each < 3; each++) expect(await reasonOf(serializer, text)).toBe('unknown-key')
    expect(asked()).toBe(3)
  })

  it('one failure is reported once, however many texts waited for it', async () => {
    const { serializer, reports, report, asked } = aSerializer(gives, fails)
    await serializer.open(report)
    await seconds(5)
    const text = await sealedBy(newer, 'a')
    await Promise.all(Array.from({ length: 50 }, () => errorOf(() => serializer.restore(text, place))))
    expect([asked(), reports.length]).toEqual([2, 1])
  })

  it('failures go to who opened it first: a second open() does nothing', async () => {
    const { serializer, reports, report } = aSerializer(gives, fails)
    await serializer.open(report)
    await serializer.open()
    await seconds(60)
    await sealedBy(serializer, 'a')
    await seconds(0)
    expect(reports.length).toBe(1)
  })

  it('a background fetch that the runtime cut off, timer and all, holds up no text', async () => {
    const { serializer, report } = aSerializer(gives, hangs, () => ({ v2, v1 }))
    await serializer.open(report)
    await seconds(60)
    cutOffNext()
    await sealedBy(serializer, 'a')
    await seconds(60)
    const opening = openedBy(serializer, await sealedBy(newer, 'a'))
    await seconds(20)
    expect((await within(opening)).value).toBe('a')
  })
})

/** The timer that is set next never fires: some runtimes end all that a request waits for with the request. */
function cutOffNext(): void {
  const never = setTimeout(() => undefined, 0)
  clearTimeout(never)
  vi.spyOn(globalThis, 'setTimeout').mockReturnValueOnce(never)
}

/** What a promise gives that has had all the time that it needs. */
async function within<Value>(promise: Promise<Value>): Promise<Value> {
  const forever = Symbol('forever')
  const turns = async (): Promise<typeof forever> => {
    for (let turn = 0; turn < 50; turn++) await Promise.resolve()
    return forever
  }
  const first = await Promise.race([promise, turns()])
  if (first === forever) throw new Error('it waits forever')
  return first
}
