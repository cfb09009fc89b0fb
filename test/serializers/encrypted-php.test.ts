import { createCipheriv } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { EncryptedSerializer, phpKey } from '../../src/serializers/encrypted.ts'
import type { KeyRingOptions } from '../../src/serializers/encrypted.ts'
import { refusalOf } from '../support/config-refusal.ts'
import { envelopeVectors, restoreVectors, ringOf } from '../support/php-vectors.ts'
import type { RestoreCase } from '../support/php-vectors.ts'
import { errorOf, newKey, openedBy, phpSealed, reasonOf, textSerializer } from '../support/sealed.ts'
import { place } from '../support/serializer-context.ts'

function withKeys(keys: KeyRingOptions): EncryptedSerializer {
  return new EncryptedSerializer({ serializer: textSerializer, keys })
}

/** The cases in which Holdfast does not do what the PHP library did, by the reason. */
const DEVIATIONS: Readonly<Record<string, string>> = {
  ...reasonFor(
    'D-08: a tag of 1 to 15 bytes lets whoever writes the store forge texts',
    [1, 2, 3, 4, 5, 8, 11, 12, 13, 14, 15].map(shortTag),
  ),
  ...reasonFor(
    'S-286: an IV has 12 bytes',
    [8, 11, 13, 16].map((length) => `iv of ${length} bytes, genuinely encrypted so`),
  ),
  ...reasonFor('S-286: base64 is strict', ['base64 with whitespace', 'base64 without padding', 'base64 with junk characters']),
  // PHP ends with a TypeError that nobody meant: the text is authentic, and its name is none.
  ...reasonFor('a name that is no text is no name, and every key is tried', ['key_id array']),
}

/** Cases of which no ring can be made. */
const NO_RING: readonly string[] = ['null key in ring (APP_KEY unset)', 'empty ring']

describe('what the PHP library sealed', () => {
  const special = ['empty string key', 'binary 32 bytes', 'payload: binary string']

  it('opens under the same keys taken by phpKey(), and is stale (S-278, S-279)', async () => {
    const cases = envelopeVectors.cases.filter(({ name }) => !special.includes(name))
    for (const one of cases) {
      const serializer = withKeys(ringOf(one))
      const plain = one.plaintext.utf8
      expect(await openedBy(serializer, one.envelope), one.name).toEqual({ value: plain, loaded: plain, stale: true })
      const resealed = (await serializer.reseal(one.envelope, place)) ?? ''
      expect(serializer.keyNameOf(resealed)).toBe('holdfast')
      expect((await openedBy(serializer, resealed)).value).toBe(plain)
    }
    expect(cases.length).toBe(20)
    expect(envelopeVectors.count).toBe(23)
  })

  it('under an empty key opens only when somebody says that it was 32 NULs (D-37)', async () => {
    expect(refusalOf(() => phpKey(''))).toContain('phpKey() takes a text that is not empty')
    const text = envelopeVectors.cases.find(({ name }) => name === 'empty string key')?.envelope ?? ''
    expect(await reasonOf(withKeys({ holdfast: newKey(), v1: phpKey('\0') }), text)).toBe('opened')
  })

  it('under a key that is no text opens as well: real random bytes are the best that a PHP application can have had', async () => {
    const one = envelopeVectors.cases.find(({ name }) => name === 'binary 32 bytes')
    if (one === undefined) throw new Error('no such case')
    expect((await openedBy(withKeys(ringOf(one)), one.envelope)).value).toBe(one.plaintext.utf8)
  })

  it('of bytes that are no UTF-8 is refused, and not changed into what it never was', async () => {
    const one = envelopeVectors.cases.find(({ name }) => name === 'payload: binary string')
    if (one === undefined) throw new Error('no such case')
    const serializer = withKeys(ringOf(one))
    expect((await errorOf(() => serializer.restore(one.envelope, place))).code).toBe('ERR_SESSION_DESERIALIZATION_FAILED')
    expect((await errorOf(() => serializer.reseal(one.envelope, place))).code).toBe('ERR_SESSION_DESERIALIZATION_FAILED')
  })

  it('names its key as the PHP library wrote it', () => {
    const serializer = withKeys({ v1: newKey() })
    const named = envelopeVectors.cases.filter(({ keyId }) => keyId !== undefined)
    expect(named.map(({ envelope }) => serializer.keyNameOf(envelope))).toEqual(named.map(({ keyId }) => keyId))
    expect(named.length).toBe(17)
  })

  it('is refused by a ring without such a key, also when the bytes are the same', async () => {
    const bytes = Buffer.from(Uint8Array.from(Buffer.from(newKey(), 'base64'), (byte) => byte % 128))
    const text = phpSealed(bytes.toString('latin1'), 'a')
    expect(await reasonOf(withKeys({ v2: newKey(), v1: phpKey(bytes.toString('latin1')) }), text)).toBe('opened')
    expect(await reasonOf(withKeys({ v1: bytes }), text)).not.toBe('opened')
    expect(await reasonOf(withKeys({ v1: bytes, php: phpKey('another') }), text)).toBe('not-authentic')
  })
})

describe('what the PHP library opens', () => {
  const cases = restoreVectors.cases.filter(({ name }) => !NO_RING.includes(name))
  const opens = async (one: RestoreCase): Promise<boolean> => (await reasonOf(withKeys(ringOf(one)), one.envelope)) === 'opened'

  it('is opened, and what it refuses is refused, but for its defects', async () => {
    const others: string[] = []
    for (const one of cases) if ((await opens(one)) !== one.accepted) others.push(one.name)
    expect(others.toSorted()).toEqual(Object.keys(DEVIATIONS).toSorted())
    expect(restoreVectors.count).toBe(cases.length + NO_RING.length)
  })

  it('is malformed where a part has the wrong length or form, whatever key there is', async () => {
    const odd = cases.filter(({ name }) => name in DEVIATIONS && name !== 'key_id array')
    const reasons = await Promise.all(odd.map((one) => reasonOf(withKeys(ringOf(one)), one.envelope)))
    expect(reasons).toEqual(Array.from({ length: 18 }, () => 'malformed'))
  })

  it('is opened as the same text', async () => {
    const same = cases.filter(({ accepted, name, result }) => accepted && !(name in DEVIATIONS) && result?.entries.length === 1)
    for (const one of same) expect((await openedBy(withKeys(ringOf(one)), one.envelope)).value, one.name).toBe('a:1:{s:1:"a";i:1;}')
    expect(same.length).toBeGreaterThan(15)
    const empty = cases.find(({ name }) => name === 'authentic with empty plaintext')
    expect((await openedBy(withKeys(ringOf(empty ?? { ring: [] })), empty?.envelope ?? '')).value).toBe('')
  })

  it('is refused with base64 in any other form', async () => {
    const serializer = withKeys({ holdfast: newKey(), v1: phpKey('a key') })
    let text = ''
    for (let tries = 0; tries < 1000 && !(text.includes('+') && text.includes('/')); tries++) text = phpSealed('a key', 'some longer text')
    const changed = [
      text.replaceAll('+', '-'),
      text.replaceAll('/', '_'),
      text.replaceAll('+', '-').replaceAll('/', '_'),
      text.replaceAll('=', ''),
      text.replace('==', '='),
      text.replace('==', '===='),
      text.replace('"value":"', '"value":" '),
      text.replace('"value":"', '"value":"\\n'),
      text.replace('"tag":"', '"tag":"='),
      text.replace(/(.)==/, (_, last: string) => `${String.fromCharCode(last.charCodeAt(0) + 1)}==`),
    ].filter((other) => other !== text)
    const reasons = await Promise.all(changed.map((other) => reasonOf(serializer, other)))
    expect(await reasonOf(serializer, text)).toBe('opened')
    expect(reasons).toEqual(changed.map(() => 'malformed'))
  })
})

describe('phpKey', () => {
  it('takes keys of any length as PHP does: filled up with NULs, or cut to 32 bytes', async () => {
    // What the vectors do not say themselves: the IV counts from 0 to 11, and the text is this.
    const iv = Uint8Array.from({ length: 12 }, (_, at) => at)
    const cases = restoreVectors.keyLengthRule.filter(({ keyLength }) => keyLength > 0)
    for (const { key, encryptReturned, tagHex } of cases) {
      const parts = { iv, value: Buffer.from(encryptReturned, 'hex'), tag: Buffer.from(tagHex, 'hex') }
      const text = JSON.stringify(
        Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, Buffer.from(part).toString('base64')])),
      )
      expect((await openedBy(withKeys({ holdfast: newKey(), php: phpKey(key) }), text)).value).toBe('probe')
    }
    expect(cases.length).toBe(14)
  })

  it('cuts between bytes, not between characters', async () => {
    const key = `${'x'.repeat(31)}é`
    const bytes = Buffer.from(key).subarray(0, 32)
    const iv = Buffer.alloc(12, 1)
    const cipher = createCipheriv('aes-256-gcm', bytes, iv)
    const value = Buffer.concat([cipher.update('text'), cipher.final()])
    const text = JSON.stringify({ iv: iv.toString('base64'), value: value.toString('base64'), tag: cipher.getAuthTag().toString('base64') })
    expect((await openedBy(withKeys({ holdfast: newKey(), php: phpKey(key) }), text)).value).toBe('text')
  })

  it('refuses what is neither a text nor bytes', () => {
    for (const other of [undefined, null, 7, true, {}, ['a key']]) {
      expect(refusalOf(() => phpKey(other as never))).toContain("Option 'keys': phpKey() takes a text")
    }
  })
})

function reasonFor(why: string, names: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(names.map((name) => [name, why]))
}

function shortTag(length: number): string {
  return `tag truncated to ${length} bytes`
}
