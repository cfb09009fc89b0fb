import { describe, expect, it } from 'vitest'
import { EncryptedSerializer, phpKey } from '../../src/serializers/encrypted.ts'
import type { KeyRingOptions } from '../../src/serializers/encrypted.ts'
import { elsewhere, errorOf, newKey, openedBy, phpSealed, reasonOf, sealedBy, textSerializer } from '../support/sealed.ts'
import { place } from '../support/serializer-context.ts'

const v1 = newKey()
const v2 = newKey()

function withKeys(keys: KeyRingOptions, acceptPlaintext = false): EncryptedSerializer {
  return new EncryptedSerializer({ serializer: textSerializer, keys, acceptPlaintext })
}

/** The name of the key that seals. */
async function sealer(keys: KeyRingOptions): Promise<string | undefined> {
  const serializer = withKeys(keys)
  return serializer.keyNameOf(await sealedBy(serializer, 'a'))
}

describe('which key seals', () => {
  it('the first of those without a state', async () => {
    expect(await sealer({ v2, v1 })).toBe('v2')
    expect(await sealer({ v1, v2 })).toBe('v1')
    expect(await sealer({ v1: { key: v1, state: 'opens' }, v2: { key: v2 }, v3: newKey() })).toBe('v2')
  })

  it('the one that has the state seals, wherever it stands', async () => {
    expect(await sealer({ v1, v2: { key: v2, state: 'seals' } })).toBe('v2')
    expect(await sealer({ v1: { state: 'retired' }, v2: { key: v2, state: 'opens' }, v3: { key: newKey(), state: 'seals' } })).toBe('v3')
  })

  it('keys may be called what objects have by themselves', async () => {
    expect(await sealer({ constructor: v2, toString: v1, valueOf: newKey() })).toBe('constructor')
  })
})

describe('a rotation, step by step', () => {
  const adding = withKeys({ v1: { key: v1, state: 'seals' }, v2: { key: v2, state: 'opens' } })
  const activated = withKeys({ v2: { key: v2, state: 'seals' }, v1: { key: v1, state: 'opens' } })
  const retired = withKeys({ v2: { key: v2, state: 'seals' }, v1: { state: 'retired' } })

  it('once the new key is there, it opens what others seal with it already, and that is sealed with the old one again', async () => {
    expect(await openedBy(adding, await sealedBy(activated, 'a'))).toEqual({ value: 'a', loaded: 'a', stale: true })
    expect((await openedBy(adding, await sealedBy(adding, 'a'))).stale).toBe(false)
  })

  it('once the new key seals, the old one opens, and what is under it is stale', async () => {
    expect(await openedBy(activated, await sealedBy(adding, 'a'))).toEqual({ value: 'a', loaded: 'a', stale: true })
    expect(await openedBy(activated, await sealedBy(activated, 'a'))).toEqual({ value: 'a', loaded: 'a', stale: false })
  })

  it('once the old key is retired, it opens nothing', async () => {
    expect(await reasonOf(retired, await sealedBy(adding, 'a'))).toBe('retired-key')
    expect((await openedBy(retired, await sealedBy(activated, 'a'))).stale).toBe(false)
  })

  it('a text is stale as well when the inner serializer says so', async () => {
    const restore = (text: string): { value: string; loaded: string; stale: boolean } => ({ value: text, loaded: text, stale: true })
    const wordy = new EncryptedSerializer({ serializer: { ...textSerializer, restore }, keys: { v1 } })
    expect((await openedBy(wordy, await sealedBy(wordy, 'a'))).stale).toBe(true)
  })
})

describe('a key that got another name (S-281)', () => {
  it('still opens what it sealed, which is stale', async () => {
    const text = await sealedBy(withKeys({ v1 }), 'a')
    expect(await openedBy(withKeys({ main: v1 }), text)).toEqual({ value: 'a', loaded: 'a', stale: true })
    expect(await openedBy(withKeys({ v2, v3: newKey(), main: v1 }), text)).toEqual({ value: 'a', loaded: 'a', stale: true })
  })

  it('still opens what it sealed when its old name went to another key', async () => {
    const text = await sealedBy(withKeys({ v1 }), 'a')
    expect(await openedBy(withKeys({ v1: v2, v0: v1 }), text)).toEqual({ value: 'a', loaded: 'a', stale: true })
  })
})

describe('keyNameOf', () => {
  const serializer = withKeys({ v1 })

  it('gives the name that a text has, in any version, whether the ring has the key or not', async () => {
    const name = 'x'.repeat(32)
    const text = await sealedBy(withKeys({ [name]: v2 }), 'a')
    expect([text, text.replace('hf1', 'hf2'), text.replace('hf1', 'hf9999')].map((one) => serializer.keyNameOf(one))).toEqual([
      name,
      name,
      name,
    ])
    expect(serializer.keyNameOf(phpSealed('a key', 'a', 'main_key'))).toBe('main_key')
  })

  it('gives undefined for what is not sealed, or has no name', () => {
    const others = [
      '',
      '{}',
      '{"iv":1}',
      'v1.',
      'hf1',
      'hf1.',
      'hf1.v1',
      'hf1..AAAA',
      'hf1.1.AAAA',
      'hf1.v\u0131.AAAA',
      `hf1.${'x'.repeat(33)}.A`,
    ]
    expect(others.map((one) => serializer.keyNameOf(one))).toEqual(others.map(() => undefined))
  })
})

describe('reseal', () => {
  const old = withKeys({ v1 })
  const serializer = withKeys({ v2, v1 })

  it('gives undefined for what is under the sealing key', async () => {
    expect(await serializer.reseal(await sealedBy(serializer, 'a'), place)).toBe(undefined)
  })

  it('gives a text under the sealing key for what is under another', async () => {
    for (const plain of ['a', '', '\ufeff', 'Zoë 🐵'.repeat(1000)]) {
      const resealed = (await serializer.reseal(await sealedBy(old, plain), place)) ?? ''
      expect(serializer.keyNameOf(resealed)).toBe('v2')
      expect(await openedBy(withKeys({ v2 }), resealed)).toEqual({ value: plain, loaded: plain, stale: false })
    }
  })

  it('keeps a text in its place', async () => {
    const resealed = (await serializer.reseal(await sealedBy(old, 'a'), place)) ?? ''
    expect(await reasonOf(serializer, resealed, elsewhere)).toBe('not-authentic')
    expect((await errorOf(async () => serializer.reseal(await sealedBy(old, 'a'), elsewhere))).code).toBe(
      'ERR_SESSION_DESERIALIZATION_FAILED',
    )
  })

  it('gives a new text where another key once had the name of the sealing key', async () => {
    const text = await sealedBy(withKeys({ v2: v1 }), 'a')
    expect((await openedBy(serializer, text)).stale).toBe(true)
    const resealed = await serializer.reseal(text, place)
    expect(await openedBy(withKeys({ v2 }), resealed ?? '')).toEqual({ value: 'a', loaded: 'a', stale: false })
  })

  it('refuses what cannot be opened', async () => {
    const retired = withKeys({ v2, v1: { state: 'retired' } })
    const text = await sealedBy(old, 'a')
    const refused = [
      [withKeys({ v2 }), text],
      [retired, text],
      [serializer, text.slice(0, -1)],
      [serializer, text.replace('hf1', 'hf2')],
      [serializer, 'a plain text'],
    ] as const
    for (const [resealing, one] of refused) {
      expect((await errorOf(() => resealing.reseal(one, place))).code).toBe('ERR_SESSION_DESERIALIZATION_FAILED')
    }
  })

  it('refuses what cannot be opened under the name of the sealing key, too', async () => {
    const text = await sealedBy(serializer, 'a')
    const broken = [`${text.slice(0, -1)}${text.endsWith('A') ? 'Q' : 'A'}`, text.slice(0, -4), `${text}AAAA`]
    for (const one of broken) {
      expect((await errorOf(() => serializer.reseal(one, place))).code).toBe('ERR_SESSION_DESERIALIZATION_FAILED')
    }
  })

  it('takes plain texts and those of the PHP library where they are taken', async () => {
    const taking = withKeys({ v2, v1: phpKey('a key') }, true)
    for (const text of ['plain', phpSealed('a key', 'plain')]) {
      const resealed = (await taking.reseal(text, place)) ?? ''
      expect(await openedBy(withKeys({ v2 }), resealed)).toEqual({ value: 'plain', loaded: 'plain', stale: false })
    }
  })
})
