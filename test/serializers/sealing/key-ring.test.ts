import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { EncryptedSerializer, phpKey } from '../../../src/serializers/encrypted.ts'
import type { KeyRingOptions } from '../../../src/serializers/encrypted.ts'
import { KeyRing } from '../../../src/serializers/sealing/key-ring.ts'
import { refusalOf } from '../../support/config-refusal.ts'
import { engineOfNode, newKey } from '../../support/sealed.ts'

const v1 = newKey()
const v2 = newKey()

function refused(keys: unknown, secrets: readonly string[] = [v1, v2]): string {
  return refusalOf(() => new EncryptedSerializer({ keys: keys as KeyRingOptions }), secrets)
}

describe('a ring is refused', () => {
  it('that is empty', () => {
    const message = 'Encryption requires at least one key in the key ring.'
    expect(refused({})).toContain(`Option 'keys': ${message}`)
    expect(refused({})).toContain('openssl rand -base64 32')
  })

  it('that is none', () => {
    for (const other of [undefined, null, v1, 7, true, [v1], []])
      expect(refused(other)).toContain("Option 'keys': must be an object of keys")
    expect(refused(Buffer.from(v1, 'base64'))).toContain("Option 'keys': ")
    expect(refused(phpKey('a key'))).toContain("Option 'keys': ")
  })

  it('with the same key twice, in whatever forms', () => {
    const bytes = Buffer.from(v1, 'base64')
    const twins: readonly unknown[] = [
      v1,
      bytes,
      new Uint8Array(bytes),
      bytes.toString('hex'),
      bytes.toString('base64url'),
      { key: bytes, state: 'opens' },
      { key: v1, state: 'retired' },
    ]
    for (const twin of twins) {
      expect(refused({ v1, v2, v3: twin })).toBe("Option 'keys.v3': is the same key as 'v1'. Keys must differ.")
    }
    expect(refused({ main: v1, a: phpKey('x'), b: phpKey('x\0\0') })).toContain("is the same key as 'a'")
    const key = 'k'.repeat(32)
    expect(refused({ main: v1, a: phpKey(key), b: phpKey(`${key}and more`) })).toContain("is the same key as 'a'")
  })

  it('with two keys that seal', () => {
    const seals = (key: string): object => ({ key, state: 'seals' })
    expect(refused({ v1: seals(v1), v2: seals(v2) })).toBe("Option 'keys.v2.state': is 'seals', and so is that of 'v1'. One key seals.")
  })

  it('with none that seals', () => {
    const rings = [{ v1: { key: v1, state: 'opens' } }, { v1: { state: 'retired' } }, { v1: { key: v1, state: 'retired' } }]
    for (const ring of rings) expect(refused(ring)).toBe("Option 'keys': has no key that seals: give one the state 'seals'.")
  })

  it('with a state that is not known', () => {
    for (const state of ['seal', 'SEALS', 'active', '', null, true, 1]) {
      expect(refused({ v1, v2: { key: v2, state } })).toContain("Option 'keys.v2.state': must be one of")
    }
  })

  it('with a field that is not known', () => {
    expect(refused({ v1: { key: v1, status: 'seals' } })).toContain("Option 'keys.v1.status': is not known. Did you mean 'state'?")
    expect(refused({ v1: { kei: v1 } })).toContain("Option 'keys.v1.kei': is not known. Did you mean 'key'?")
    expect(refused({ v1: [v1] })).toContain("Option 'keys.v1': ")
  })

  it('with a name that is none', () => {
    const names = ['', '1', '2026', '-a', '_a', 'a.b', 'a b', 'a\n', 'é', 'x'.repeat(33)]
    for (const name of names) expect(refused({ v1, [name]: v2 })).toContain("Option 'keys': has a name that is not 1 to 32 letters")
    expect(refused(JSON.parse(`{"__proto__":"${v1}"}`))).toContain("Option 'keys': has a name")
  })

  it('with a key in the place of its name, which is not shown', () => {
    const bytes = randomBytes(32)
    const forms = [bytes.toString('base64'), bytes.toString('hex'), bytes.toString('base64url').padEnd(44, '=')]
    for (const form of forms) expect(refused({ [form]: 'v1' }, forms)).toContain("Option 'keys': has a name")
  })

  it('with a key in the place of its state, which is not shown', () => {
    expect(refused({ v1: { key: 'seals', state: v1 } })).toContain("Option 'keys.v1.")
    expect(refused({ v1: { key: v1, state: v2 } })).toContain("Option 'keys.v1.state'")
  })

  it('with a key in the place of a field, which is not shown', () => {
    expect(refused({ v1: { [v1]: 'seals' } })).toContain("Option 'keys.v1")
  })
})

describe('options are refused', () => {
  it('with a key in the place of them, or of their names, which is not shown', () => {
    expect(refusalOf(() => new EncryptedSerializer(v1 as never), [v1])).toContain("Option 'options': ")
    expect(refusalOf(() => new EncryptedSerializer({ [v1]: 'v1', keys: { v1 } }), [v1])).toContain('Option')
  })

  it('for any other one that cannot work', () => {
    const keys = { v1 }
    const refusal = (options: object): string => refusalOf(() => new EncryptedSerializer({ keys, ...options }), [v1])
    expect(refusal({ acceptPlainText: true })).toContain("Option 'acceptPlainText': is not known. Did you mean 'acceptPlaintext'?")
    expect(refusal({ acceptPlaintext: 'false' })).toContain("Option 'acceptPlaintext': must be true or false")
    expect(refusal({ sealMetadata: 1 })).toContain("Option 'sealMetadata': must be true or false")
    for (const reloadEverySeconds of [-1, Number.NaN, Infinity, '60']) {
      expect(refusal({ reloadEverySeconds })).toContain("Option 'reloadEverySeconds': must be a number at least 0")
    }
    for (const serializer of [null, {}, 'native', { prepare: () => '' }, { restore: () => '' }]) {
      expect(refusal({ serializer })).toContain("Option 'serializer': lacks prepare or restore")
    }
    for (const none of [undefined, null, 7, []])
      expect(refusalOf(() => new EncryptedSerializer(none as never))).toContain("Option 'options'")
  })
})

describe('KeyRing', () => {
  const engine = engineOfNode()
  const ring = (keys: KeyRingOptions): KeyRing => new KeyRing(keys, engine)

  it('is the same as another with the same keys for the same use', () => {
    expect(ring({ v1, v2 }).isSameAs(ring({ v1: Buffer.from(v1, 'base64'), v2: { key: v2, state: 'opens' } }))).toBe(true)
    expect(ring({ v1, v0: { state: 'retired' } }).isSameAs(ring({ v1: { key: v1, state: 'seals' }, v0: { state: 'retired' } }))).toBe(true)
  })

  it('is another when a key, a name, or a use differs', () => {
    const one = ring({ v1, v2 })
    const others: readonly KeyRingOptions[] = [
      { v1 },
      { v2, v1 },
      { v1, v3: v2 },
      { v1, v2: newKey() },
      { v1, v2: { key: v2, state: 'retired' } },
      { v1, v2: { key: v2, state: 'seals' } },
      { v1, v2, v3: newKey() },
    ]
    for (const other of others) expect([one.isSameAs(ring(other)), ring(other).isSameAs(one)]).toEqual([false, false])
    const bytes = Uint8Array.from(Buffer.from(newKey(), 'base64'), (byte) => byte % 128)
    expect(ring({ v1, a: phpKey(Buffer.from(bytes).toString('latin1')) }).isSameAs(ring({ v1, a: bytes }))).toBe(false)
    const printable = 'x'.repeat(32)
    expect(ring({ v1, a: phpKey(printable) }).isSameAs(ring({ v1, a: phpKey(`${printable.slice(1)}y`) }))).toBe(false)
  })

  it('opens envelopes of the PHP library only with a key of it that is not retired', () => {
    expect(ring({ v1 }).opensPhp).toBe(false)
    expect(ring({ v1, v0: phpKey('a key') }).opensPhp).toBe(true)
    expect(ring({ v1, v0: { key: phpKey('a key'), state: 'opens' } }).opensPhp).toBe(true)
    expect(ring({ v1, v0: { key: phpKey('a key'), state: 'retired' } }).opensPhp).toBe(false)
  })
})
