import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { EncryptedSerializer, phpKey } from '../../src/serializers/encrypted.ts'
import type { EncryptedSerializerOptions } from '../../src/serializers/encrypted.ts'
import { detailOf } from '../../src/session/failure-detail.ts'
import { elsewhere, errorOf, newKey, openedBy, phpSealed, reasonOf, sealedBy, textSerializer } from '../support/sealed.ts'
import { place } from '../support/serializer-context.ts'

const v1 = newKey()
const v2 = newKey()
const PLAIN = 'the plain text of a session'

function sealing(options: EncryptedSerializerOptions): EncryptedSerializer {
  return new EncryptedSerializer({ serializer: textSerializer, ...options })
}

const serializer = sealing({ keys: { v1 } })
const text = await sealedBy(serializer, PLAIN)

describe('why a text does not open', () => {
  it('unknown-key: no key of the ring has this name, and none fits', async () => {
    expect(await reasonOf(sealing({ keys: { v2 } }), text)).toBe('unknown-key')
  })

  it('retired-key: its key is retired, whether the key is still written there or not', async () => {
    expect(await reasonOf(sealing({ keys: { v2, v1: { state: 'retired' } } }), text)).toBe('retired-key')
    expect(await reasonOf(sealing({ keys: { v2, v1: { key: v1, state: 'retired' } } }), text)).toBe('retired-key')
  })

  it('not-authentic: the key under this name is another', async () => {
    expect(await reasonOf(sealing({ keys: { v1: v2 } }), text)).toBe('not-authentic')
  })

  it('not-authentic: it was changed, or moved', async () => {
    expect(await reasonOf(serializer, text, elsewhere)).toBe('not-authentic')
    expect(await reasonOf(serializer, `${text.slice(0, 40)}${text[40] === 'A' ? 'B' : 'A'}${text.slice(41)}`)).toBe('not-authentic')
  })

  it('malformed: it is cut off, or has characters in it that do not belong there', async () => {
    const malformed = ['hf1.', 'hf1.v1', 'hf1.v1.', text.slice(0, 60), `${text}=`, `${text}!`, text.replace(/.$/, '+')]
    for (const one of malformed) expect(await reasonOf(serializer, one)).toBe('malformed')
  })

  it('malformed: it names what cannot be the name of a key', async () => {
    const names = ['', '-', '1', '__proto__', 'v 1', 'v1\n', 'v\u0131', 'é', 'x'.repeat(33)]
    const reasons = await Promise.all(names.map((name) => reasonOf(serializer, text.replace('hf1.v1.', `hf1.${name}.`))))
    expect(reasons).toEqual(names.map(() => 'malformed'))
  })

  it('unknown-version: it was sealed by a later version', async () => {
    for (const version of ['hf2', 'hf0', 'hf01', 'hf10', 'hf9999']) {
      expect(await reasonOf(serializer, text.replace('hf1', version))).toBe('unknown-version')
    }
  })

  it('not-sealed: it is plain', async () => {
    for (const plain of ['', '{}', '{"a":1}', '~[]', 'hf', 'hf1', 'hf1v1.', 'HF1.v1.', ' hf1.v1.', 'hf.v1.', 'hf12345.v1.', 'a:0:{}']) {
      expect(await reasonOf(serializer, plain)).toBe('not-sealed')
    }
  })

  it('unknown-key, not-authentic, malformed: an envelope of the PHP library', async () => {
    const php = phpSealed('a key', PLAIN)
    expect(await reasonOf(sealing({ keys: { v2, php: phpKey('another') } }), php)).toBe('unknown-key')
    expect(await reasonOf(sealing({ keys: { v2, v1: phpKey('another') } }), php)).toBe('not-authentic')
    expect(await reasonOf(sealing({ keys: { v2, v1: phpKey('a key') } }), php.replace(/"tag":"../, '"tag":"'))).toBe('malformed')
  })

  it('retired-key: the key of the PHP library that it names is retired', async () => {
    const php = phpSealed('a key', PLAIN)
    const retired = { key: phpKey('a key'), state: 'retired' } as const
    expect(await reasonOf(sealing({ keys: { v2, v0: phpKey('another'), v1: retired } }), php)).toBe('retired-key')
    expect(await reasonOf(sealing({ keys: { v2, v1: retired } }), php)).toBe('retired-key')
  })
})

describe('the error for a text that does not open', () => {
  const others: readonly (readonly [EncryptedSerializer, string])[] = [
    [sealing({ keys: { v2 } }), text],
    [sealing({ keys: { v2, v1: { state: 'retired' } } }), text],
    [sealing({ keys: { v1: v2 } }), text],
    [serializer, text.slice(0, -1)],
    [serializer, text.replace('hf1', 'hf2')],
    [serializer, PLAIN],
    [sealing({ keys: { v2, php: phpKey('another') } }), phpSealed('a key', PLAIN)],
  ]
  const errors = others.map(([opener, other]) => errorOf(() => opener.restore(other, place)))

  it('is one and the same for every reason, and has no cause', async () => {
    const reasons = new Set<string | undefined>()
    for (const error of await Promise.all(errors)) {
      reasons.add(detailOf(error))
      const fields = { name: 'SessionError', code: 'ERR_SESSION_DESERIALIZATION_FAILED', status: 500, expose: false, isSessionError: true }
      expect(Object.fromEntries(Object.entries(error))).toEqual(fields)
      expect(JSON.parse(JSON.stringify(error))).toEqual(fields)
      expect(String(error)).toBe('SessionError: Failed to deserialize session data. A sealed text could not be opened.')
      expect('cause' in error).toBe(false)
    }
    expect(reasons).toEqual(new Set(['unknown-key', 'retired-key', 'not-authentic', 'malformed', 'unknown-version', 'not-sealed']))
  })

  it('shows neither the reason, nor the text, nor a key', async () => {
    for (const error of await Promise.all(errors)) {
      const shown = inspect(error, { depth: 20 }) + JSON.stringify(error, Object.getOwnPropertyNames(error))
      for (const secret of [detailOf(error) ?? '', text.slice(40), PLAIN, v1, v2]) expect(shown).not.toContain(secret)
    }
  })
})

describe('with acceptPlaintext', () => {
  const taking = sealing({ keys: { v1 }, acceptPlaintext: true })

  it('a plain text is taken, and asks to be sealed', async () => {
    for (const plain of [PLAIN, '', '{"iv":1}', 'hf1', 'hf.']) {
      expect(await openedBy(taking, plain)).toEqual({ value: plain, loaded: plain, stale: true })
    }
    const resealed = await taking.reseal(PLAIN, place)
    expect(await openedBy(serializer, resealed ?? '')).toEqual({ value: PLAIN, loaded: PLAIN, stale: false })
  })

  it('a sealed text that does not open is never taken for plain', async () => {
    const damaged = ['hf1.', 'hf2.', 'hf1.{}', text.slice(0, -1), `${text}A`, text.slice(0, 50), text.replace('hf1', 'hf7')]
    for (const one of damaged) expect(await reasonOf(taking, one)).not.toBe('opened')
    expect(await reasonOf(sealing({ keys: { v2 }, acceptPlaintext: true }), text)).toBe('unknown-key')
  })

  it('an envelope of the PHP library that does not open is never taken for plain', async () => {
    const php = phpSealed('a key', PLAIN)
    const retired = { key: phpKey('a key'), state: 'retired' } as const
    const rings = [{ v2, v1: phpKey('another') }, { v2 }, { v2, v1: retired }]
    const reasons = await Promise.all(rings.map((keys) => reasonOf(sealing({ keys, acceptPlaintext: true }), php)))
    expect(reasons).not.toContain('opened')
  })

  it('data of a session that is only like such an envelope is taken', async () => {
    const php = { v2, v1: phpKey('another') }
    for (const alike of ['{"iv":"none","value":7,"tag":"x"}', '{"iv":"none","value":"7","tag":"x","key_id":"v1","_token":"f00d"}']) {
      for (const keys of [php, { v2 }]) expect(await reasonOf(sealing({ keys, acceptPlaintext: true }), alike)).toBe('opened')
      expect(taking.keyNameOf(alike)).toBeUndefined()
    }
  })
})
