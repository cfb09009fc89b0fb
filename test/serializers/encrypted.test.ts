import { describe, expect, it } from 'vitest'
import type { SealingSerializer, Serializer } from '../../src/contracts/serializer.ts'
import { EncryptedSerializer } from '../../src/serializers/encrypted.ts'
import type { EncryptedSerializerOptions, FetchKeys, KeyRingOptions } from '../../src/serializers/encrypted.ts'
import { NativeSerializer } from '../../src/serializers/native.ts'
import { encryptedSuite } from '../support/encrypted-suite.ts'
import { errorOf, lateTextSerializer, newKey, openedBy, sealedBy, textSerializer } from '../support/sealed.ts'
import { place } from '../support/serializer-context.ts'

encryptedSuite({ answersLater: false, numRuns: 500 })

describe('EncryptedSerializer', () => {
  const keys = { v1: newKey() }

  it('is a serializer, and one that seals', () => {
    const serializer: Serializer = new EncryptedSerializer({ keys })
    const sealing: SealingSerializer = new EncryptedSerializer({ keys })
    expect([typeof serializer.open, typeof sealing.keyNameOf, typeof sealing.reseal]).toEqual(['function', 'function', 'function'])
  })

  it('takes options and keys whose fields are undefined, as a configuration makes them', () => {
    const ring: KeyRingOptions = { v1: { key: keys.v1, state: undefined } }
    const fetch: FetchKeys = () => ring
    const options: EncryptedSerializerOptions = { keys: fetch }
    expect(new EncryptedSerializer(options)).toBeInstanceOf(EncryptedSerializer)
    expect(() => Reflect.construct(EncryptedSerializer, [{ keys: ring, serializer: undefined, acceptPlaintext: undefined }])).not.toThrow()
  })

  it('seals what NativeSerializer makes, where no other is given', async () => {
    const text = await sealedBy(new EncryptedSerializer({ keys }), { at: new Date(0) })
    const texts = new EncryptedSerializer({ keys, serializer: textSerializer })
    expect((await openedBy(texts, text)).value).toBe(new NativeSerializer().prepare({ at: new Date(0) }, place))
  })

  it('has address and user agent sealed only where that is asked for', () => {
    const takes = [undefined, false, true].map(
      (sealMetadata) => new EncryptedSerializer({ keys, ...(sealMetadata !== undefined && { sealMetadata }) }).takesMetadata,
    )
    expect(takes).toEqual([false, false, true])
  })

  it('opens the inner serializer, and hands it what to report to', async () => {
    const opened: unknown[] = []
    const report = (): void => undefined
    const open = async (given: unknown): Promise<void> => void opened.push(given)
    await new EncryptedSerializer({ keys, serializer: { ...lateTextSerializer, open } }).open(report)
    await new EncryptedSerializer({ keys }).open()
    expect(opened).toEqual([report])
  })

  it('hands the inner serializer all that it is told, and its errors on', async () => {
    const seen: unknown[] = []
    const inner: Serializer = {
      prepare: (_value, context) => void seen.push(context),
      restore: (text, context) => {
        seen.push([text, context])
        throw new RangeError('oops')
      },
    }
    const serializer = new EncryptedSerializer({ keys, serializer: inner })
    const context = { ...place, loaded: 'before', isSimplyChanged: true }
    expect(serializer.prepare({}, context)).toBe(undefined)
    const text = await sealedBy(new EncryptedSerializer({ keys, serializer: textSerializer }), 'plain')
    expect(() => serializer.restore(text, place)).toThrow(new RangeError('oops'))
    expect(seen).toEqual([context, ['plain', place]])
  })

  it('refuses what the inner serializer refuses, by its own error', async () => {
    const serializer = new EncryptedSerializer({ keys })
    const error = await errorOf(() => serializer.prepare({ a: () => 1 }, place))
    expect(error).toMatchObject({ code: 'ERR_SESSION_SERIALIZATION_FAILED', message: expect.stringContaining('a') })
    const text = await sealedBy(new EncryptedSerializer({ keys, serializer: textSerializer }), 'no JSON')
    expect((await errorOf(() => serializer.restore(text, place))).message).toContain('was not written by NativeSerializer')
  })

  it('may stand around another one', async () => {
    const twice = new EncryptedSerializer({ keys, serializer: new EncryptedSerializer({ keys: { inner: newKey() } }) })
    const text = await sealedBy(twice, { a: 1 })
    const { value, loaded } = await openedBy(twice, text)
    expect(value).toEqual({ a: 1 })
    expect(await twice.prepare(value, { ...place, loaded })).toBe(undefined)
  })
})
