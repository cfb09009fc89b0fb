import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  boundTo,
  envelopeOf,
  headOf,
  isBase64url,
  isKeyName,
  isOfThisVersion,
  isSealed,
  keyNameIn,
} from '../../../src/serializers/sealing/envelope.ts'
import { EncryptedSerializer } from '../../../src/serializers/encrypted.ts'
import { flashPlace, newKey, sealedBy } from '../../support/sealed.ts'
import { place } from '../../support/serializer-context.ts'

const SALT = 'S'.repeat(24)
const BOX = 'B'.repeat(38)

describe('the form of a sealed text', () => {
  it('is hf1.NAME.SALT and a box of IV, ciphertext and tag', async () => {
    const text = await sealedBy(new EncryptedSerializer({ keys: { v1: newKey() } }), { a: 1 })
    expect(text).toMatch(/^hf1\.v1\.[A-Za-z0-9_-]+$/)
    const bytes = Buffer.from(text.slice('hf1.v1.'.length), 'base64url')
    expect(bytes.length).toBe(18 + 12 + '{"a":1}'.length + 16)
  })

  it('has only characters that every store, header and shell takes as they are', async () => {
    const names = ['a', 'Z', 'key-2026_01', 'x'.repeat(32)]
    const texts = await Promise.all(names.map((name) => sealedBy(new EncryptedSerializer({ keys: { [name]: newKey() } }), '\u{1f435}')))
    for (const text of texts) expect(text).toMatch(/^[A-Za-z0-9._-]+$/)
  })
})

describe('envelopeOf', () => {
  it('takes a sealed text apart', () => {
    expect(envelopeOf(`hf1.v1.${SALT}${BOX}`)).toEqual({ keyName: 'v1', head: `hf1.v1.${SALT}`, salt: SALT, box: BOX })
    expect(headOf('v1', SALT)).toBe(`hf1.v1.${SALT}`)
    const longest = 'x'.repeat(32)
    expect(envelopeOf(`hf1.${longest}.${SALT}${BOX}`)?.keyName).toBe(longest)
  })

  it('gives undefined for what has not this form', () => {
    const others = [
      '',
      'hf1',
      'hf1.',
      `hf1.${SALT}${BOX}`,
      `hf2.v1.${SALT}${BOX}`,
      `HF1.v1.${SALT}${BOX}`,
      ` hf1.v1.${SALT}${BOX}`,
      `hf1.v1.${SALT}${BOX.slice(1)}`,
      `hf1.${'x'.repeat(33)}.${SALT}${BOX}`,
    ]
    expect(others.map((text) => envelopeOf(text))).toEqual(others.map(() => undefined))
  })

  it('gives back what was put together, for any name, salt and box', () => {
    const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')
    const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,31}$/)
    const salt = fc.uint8Array({ minLength: 18, maxLength: 18 }).map(base64url)
    const box = fc.uint8Array({ minLength: 28, maxLength: 200 }).map(base64url)
    fc.assert(
      fc.property(name, salt, box, (keyName, itsSalt, itsBox) => {
        const head = headOf(keyName, itsSalt)
        expect(isKeyName(keyName)).toBe(true)
        expect(envelopeOf(head + itsBox)).toEqual({ keyName, head, salt: itsSalt, box: itsBox })
        expect(keyNameIn(head + itsBox)).toBe(keyName)
      }),
    )
  })
})

describe('what a text says of itself', () => {
  it('is sealed in this version, in another, or not at all', () => {
    const texts = ['hf1.', 'hf1.v1.', 'hf2.v1.', 'hf0.', 'hf9999.', 'hf.', 'hf99999.', 'hf1', 'Hf1.', '\ufeffhf1.', 'hf\u0661.', '{}', '']
    expect(texts.map((text) => [isSealed(text), isOfThisVersion(text)])).toEqual([
      ...Array.from({ length: 2 }, () => [true, true]),
      ...Array.from({ length: 3 }, () => [true, false]),
      ...Array.from({ length: 8 }, () => [false, false]),
    ])
  })
})

describe('isKeyName', () => {
  it('takes 1 to 32 letters, digits, - and _ with a letter first', () => {
    for (const name of ['a', 'Z9', 'v1', 'key-2026_01', 'constructor', 'x'.repeat(32)]) expect(isKeyName(name)).toBe(true)
    const others = ['', '1', '1a', '-a', '_a', '__proto__', 'a.b', 'a b', 'a\n', '\na', 'é', 'v\u0131', 'a\0', 'a/b', 'a=', 'x'.repeat(33)]
    expect(others.filter(isKeyName)).toEqual([])
  })
})

describe('isBase64url', () => {
  it('is true for exactly what Node decodes and encodes to the same text', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const character = fc.oneof(
      { weight: 60, arbitrary: fc.constantFrom(...Array.from(alphabet)) },
      fc.constantFrom(...Array.from('+/= \n.~\0é\u0131')),
    )
    const almost = fc.string({ unit: character, maxLength: 9 })
    fc.assert(
      fc.property(
        fc.oneof(
          almost,
          fc.string(),
          fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('base64url')),
        ),
        (text) => {
          expect(isBase64url(text)).toBe(Buffer.from(text, 'base64url').toString('base64url') === text)
        },
      ),
      { numRuns: 5000 },
    )
  })

  it('is true for one of the last characters in 16, or in 4, where bits are left over', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const counts = ['', 'A', 'AA', 'AAA'].map((start) => Array.from(alphabet).filter((last) => isBase64url(start + last)).length)
    expect(counts).toEqual([0, 4, 16, 64])
  })
})

describe('boundTo', () => {
  it('differs for every key name, field and session, and has each on a line of its own', () => {
    const bound = [boundTo('v1', place), boundTo('v2', place), boundTo('v1', flashPlace)]
    expect(new Set(bound).size).toBe(3)
    expect(bound[0]).toBe(`hf1\nv1\npayload\n${'ab'.repeat(32)}`)
  })
})
