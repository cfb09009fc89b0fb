import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EncryptedSerializer } from '../../src/serializers/encrypted.ts'
import { changedTexts } from './encrypted-suite-changes.ts'
import { richValue } from './rich-values.ts'
import { difference } from './same-graph.ts'
import { errorOf, elsewhere, flashPlace, lateTextSerializer, newKey, openedBy, reasonOf, sealedBy, textSerializer } from './sealed.ts'
import { place } from './serializer-context.ts'

export interface SuiteRun {
  /** Whether the cryptography that it runs on answers with promises. */
  readonly answersLater: boolean
  readonly numRuns: number
}

/** What sealing promises, whatever cryptography it runs on. */
export function encryptedSuite(run: SuiteRun): void {
  roundTrips(run)
  describe('many at once', manyAtOnce)
  describe('a text that was changed', changedTexts)
  describe('a text that was moved', movedTexts)
}

function roundTrips({ answersLater, numRuns }: SuiteRun): void {
  const keys = { v1: newKey() }
  const serializer = new EncryptedSerializer({ keys })
  const texts = new EncryptedSerializer({ serializer: textSerializer, keys })

  describe('what is sealed', () => {
    it(answersLater ? 'is answered with a promise' : 'is answered at once', async () => {
      const sealing = serializer.prepare({ a: 1 }, place)
      expect(sealing instanceof Promise).toBe(answersLater)
      expect(serializer.restore((await sealing) ?? '', place) instanceof Promise).toBe(answersLater)
    })

    it('comes back as it was, for any value that the inner serializer keeps', async () => {
      await fc.assert(
        fc.asyncProperty(richValue, fc.constantFrom(place, flashPlace, elsewhere), async (value, at) => {
          const { value: restored, stale } = await openedBy(serializer, await sealedBy(serializer, value, at), at)
          expect(difference(value, restored)).toBe(undefined)
          expect(stale).toBe(false)
        }),
        { numRuns },
      )
    })

    it('is not sealed again while nothing changed, and always differs', async () => {
      await fc.assert(
        fc.asyncProperty(richValue, async (value) => {
          const text = await sealedBy(serializer, value)
          const { value: restored, loaded } = await openedBy(serializer, text)
          expect(await serializer.prepare(restored, { ...place, loaded })).toBe(undefined)
          expect(await sealedBy(serializer, restored)).not.toBe(text)
        }),
        { numRuns },
      )
    })

    it('shows nothing of the plain text, which is what `loaded` gives', async () => {
      const plain = 'a plain text that is long enough to be found'
      const text = await sealedBy(texts, plain)
      expect(Buffer.from(text.slice('hf1.v1.'.length), 'base64url').toString('latin1')).not.toMatch(/plain|enough|found/)
      expect(await openedBy(texts, text)).toEqual({ value: plain, loaded: plain, stale: false })
    })

    it('keeps every text: empty, with a byte order mark, with NULs, with any character, and long', async () => {
      const any = Array.from({ length: 0x3000 }, (_, code) => String.fromCodePoint(code)).join('')
      const long = 'Zoë 🐵'.repeat(30_000)
      for (const text of ['', '\ufeff', '\ufeff\ufeffa\ufeff', '\0', 'a\0b', any, long, 'x'.repeat(8192 * 3)]) {
        expect((await openedBy(texts, await sealedBy(texts, text))).value === text).toBe(true)
      }
    })

    it('has no half character in it: as UTF-8 it would come back as another', async () => {
      for (const text of ['\ud800', 'a\udc00b', '\udc00\ud800']) {
        const error = await errorOf(() => texts.prepare(text, place))
        expect(error).toMatchObject({ code: 'ERR_SESSION_SERIALIZATION_FAILED', message: expect.stringContaining('lone surrogate') })
      }
    })

    it('may be made by a serializer that answers later', async () => {
      const late = new EncryptedSerializer({ serializer: lateTextSerializer, keys })
      const text = await sealedBy(late, 'hello')
      expect(await openedBy(late, text)).toEqual({ value: 'hello', loaded: 'hello', stale: false })
      expect(await late.prepare('hello', { ...place, loaded: 'hello' })).toBe(undefined)
      expect((await errorOf(() => late.prepare('\ud800', place))).code).toBe('ERR_SESSION_SERIALIZATION_FAILED')
    })
  })
}

function manyAtOnce(): void {
  it('all open, and no two have the same IV', async () => {
    const serializer = new EncryptedSerializer({ serializer: textSerializer, keys: { v1: newKey() } })
    const plain = Array.from({ length: 1000 }, (_, index) => `text ${index}`)
    const sealed = await Promise.all(plain.map((text) => sealedBy(serializer, text)))
    const opened = await Promise.all(sealed.map((text) => openedBy(serializer, text)))
    expect(opened.map(({ value }) => value)).toEqual(plain)
    // A salt has 24 characters, an IV 16.
    const parts = sealed.map((text) => text.slice('hf1.v1.'.length))
    expect(new Set(parts.map((text) => text.slice(0, 40))).size).toBe(1000)
  })
}

function movedTexts(): void {
  const keys = { v1: newKey(), v2: newKey() }
  const texts = new EncryptedSerializer({ serializer: textSerializer, keys })

  it('does not open in another session, nor in another field', async () => {
    for (const from of [place, flashPlace, elsewhere]) {
      const text = await sealedBy(texts, 'mine', from)
      for (const to of [place, flashPlace, elsewhere]) {
        expect(await reasonOf(texts, text, to)).toBe(from === to ? 'opened' : 'not-authentic')
      }
    }
  })

  it('does not open under the name of another key', async () => {
    const text = await sealedBy(texts, 'mine')
    expect(await reasonOf(texts, text.replace('hf1.v1.', 'hf1.v2.'))).toBe('not-authentic')
    expect(await reasonOf(texts, text.replace('hf1.v1.', 'hf1.v3.'))).toBe('unknown-key')
  })
}
