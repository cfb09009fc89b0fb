import { describe, expect, it } from 'vitest'
import { EncryptedSerializer, phpKey } from '../../src/serializers/encrypted.ts'
import type { KeyMaterial, KeyRingOptions } from '../../src/serializers/encrypted.ts'
import { NativeSerializer } from '../../src/serializers/native.ts'
import type { StoredRecord } from '../../src/contracts/driver.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import { codeOf, keyOf, openShop } from '../manager/support/shop.ts'
import type { Shop } from '../manager/support/shop.ts'
import { envelopeVectors } from '../support/php-vectors.ts'
import {
  elsewhere,
  errorOf,
  lateTextSerializer,
  newKey,
  openedBy,
  phpSealed,
  reasonOf,
  sealedBy,
  textSerializer,
} from '../support/sealed.ts'
import { place } from '../support/serializer-context.ts'

// S-274, and what S-271, S-273 and S-278 say of PHP's own serialization, need a serializer that reads it.

const v1 = newKey()
const v2 = newKey()

function sealing(keys: KeyRingOptions, options: { readonly acceptPlaintext?: boolean } = {}): EncryptedSerializer {
  return new EncryptedSerializer({ keys, ...options })
}

async function recordOf({ memory }: Shop, id: string): Promise<StoredRecord> {
  const found = await memory.read(keyOf(id))
  if (found?.kind !== 'record') throw new Error('no record')
  return found.record
}

/** The names of the keys that a session's texts are sealed under. */
async function sealedUnder(shop: Shop, id: string): Promise<(string | undefined)[]> {
  const { payload, flash } = await recordOf(shop, id)
  return [payload, flash].map((text) => sealing({ v1 }).keyNameOf(text))
}

describe('the serializers', () => {
  it('S-270: a serializer prepares and restores, at once or with promises', async () => {
    const serializer = new EncryptedSerializer({ serializer: lateTextSerializer, keys: { v1 } })
    expect((await openedBy(serializer, await sealedBy(serializer, 'a'))).value).toBe('a')
    const shop = openShop({ serializer: sealing({ v1 }) })
    expect(await shop.peek(await shop.stored((session) => session.set('a', 1)))).toMatchObject({ a: 1 })
  })

  it('S-271: what JavaScript has besides JSON is kept, sealed too', async () => {
    const value = { at: new Date(5), tags: new Set(['a']), by: new Map([[1, 2n]]), bytes: Uint8Array.of(1, 2), none: undefined }
    expect((await openedBy(sealing({ v1 }), await sealedBy(sealing({ v1 }), value))).value).toStrictEqual(value)
  })

  it('S-272: a text that cannot be read is an error, the empty one too, and never an empty session', async () => {
    for (const text of ['', 'garbage', 'b:0;', 'a:0:{}']) {
      expect((await errorOf(() => new NativeSerializer().restore(text))).code).toBe('ERR_SESSION_DESERIALIZATION_FAILED')
    }
  })

  it('S-273: a text that names a class makes no instance of it', async () => {
    const texts = new EncryptedSerializer({ serializer: textSerializer, keys: { v1 } })
    for (const text of ['O:8:"stdClass":0:{}', '~[["Worker",1],"a"]', '~[["Promise",1],1]']) {
      const sealed = await sealedBy(texts, text)
      expect((await errorOf(() => sealing({ v1 }).restore(sealed, place))).code).toBe('ERR_SESSION_DESERIALIZATION_FAILED')
    }
  })

  it('S-275 S-393: a value that no text can hold is refused with its path, nothing is stored, and the lock is given back', async () => {
    const shop = openShop({ serializer: sealing({ v1 }) })
    const id = await shop.stored((session) => session.set('n', 1))
    const before = await recordOf(shop, id)
    const saving = shop.sessions.run(id, (session) => session.set('cart', { pay: () => 1 }))
    await expect(saving).rejects.toThrow(/cart.*pay/)
    expect(await recordOf(shop, id)).toEqual(before)
    await shop.idle()
  })
})

describe('the sealing serializer', () => {
  it('S-276: it stands around any serializer, and an empty ring is refused', () => {
    expect(() => new EncryptedSerializer({ serializer: textSerializer, keys: { v1 } })).not.toThrow()
    expect(() => sealing({})).toThrow('Encryption requires at least one key in the key ring.')
  })

  it('S-277 S-384 S-007: AES-256-GCM, bound to the session, the field and the key', async () => {
    const serializer = sealing({ v1, v2 })
    const text = await sealedBy(serializer, { a: 1 })
    const other = { ...place, field: 'flash' } as const
    const reasons = [
      reasonOf(serializer, text, elsewhere),
      reasonOf(serializer, text, other),
      reasonOf(serializer, text.replace('v1', 'v2')),
    ]
    expect(await Promise.all(reasons)).toEqual(['not-authentic', 'not-authentic', 'not-authentic'])
  })

  it('S-278 S-413: the envelope of the PHP library is read: iv, value, tag, key_id', async () => {
    const [one] = envelopeVectors.cases
    if (one === undefined) throw new Error('no case')
    const serializer = new EncryptedSerializer({ serializer: textSerializer, keys: { main: v1, old: phpKey('a'.repeat(32)) } })
    expect(Object.keys(JSON.parse(one.envelope))).toEqual(['iv', 'value', 'tag', 'key_id'])
    expect((await openedBy(serializer, one.envelope)).value).toBe(one.plaintext.utf8)
    expect(serializer.keyNameOf(one.envelope)).toBe('v1')
  })

  it('S-279: a key is 32 random bytes in base64 or hex, else it is refused; texts go into phpKey()', () => {
    for (const key of ['new-256-bit-key-here', '', 'x'.repeat(32), newKey().slice(4), 'ab'.repeat(32)]) {
      expect(() => sealing({ v2: key })).toThrow("Option 'keys.v2'")
    }
    for (const key of [v1, Buffer.from(v1, 'base64').toString('hex')]) expect(() => sealing({ v2: key })).not.toThrow()
    expect(() => sealing({ v2, v1: phpKey('new-256-bit-key-here') })).not.toThrow()
  })

  it('S-280 S-446: the first key seals', async () => {
    const serializer = sealing({ v2, v1 })
    expect(serializer.keyNameOf(await sealedBy(serializer, {}))).toBe('v2')
  })

  it('S-281 S-447: the key that a text names is tried first, and then all others', async () => {
    const text = await sealedBy(sealing({ v1 }), { a: 1 })
    const rings: readonly KeyRingOptions[] = [{ v1 }, { v2, v1 }, { v1: v2, v0: v1 }, { main: v1 }]
    for (const keys of rings) expect((await openedBy(sealing(keys), text)).value).toEqual({ a: 1 })
    expect(await reasonOf(sealing({ v1: v2, v0: newKey() }), text)).toBe('not-authentic')
  })

  it('S-285: what cannot be opened is a deserializationFailed, what cannot be sealed a serializationFailed', async () => {
    const serializer = new EncryptedSerializer({ serializer: textSerializer, keys: { v1 } })
    expect(await errorOf(() => serializer.restore('hf1.', place))).toMatchObject({
      code: 'ERR_SESSION_DESERIALIZATION_FAILED',
      message: 'Failed to deserialize session data. A sealed text could not be opened.',
    })
    expect((await errorOf(() => serializer.prepare('\ud800', place))).code).toBe('ERR_SESSION_SERIALIZATION_FAILED')
  })

  it('S-286: a tag that is cut off is refused, in the envelope of the PHP library too (D-08)', async () => {
    const serializer = new EncryptedSerializer({ serializer: textSerializer, keys: { main: v1, php: phpKey('a key') } })
    const php = JSON.parse(phpSealed('a key', 'text')) as { readonly tag: string }
    for (let bytes = 0; bytes < 16; bytes++) {
      const tag = Buffer.from(php.tag, 'base64').subarray(0, bytes).toString('base64')
      expect(await reasonOf(serializer, JSON.stringify({ ...php, tag }))).toBe('malformed')
    }
    expect(await reasonOf(serializer, JSON.stringify(php))).toBe('opened')
  })

  it('S-291: set up by hand, around a serializer of one’s own', async () => {
    const serializer = new EncryptedSerializer({ serializer: new NativeSerializer(), keys: { v1 } })
    expect((await openedBy(serializer, await sealedBy(serializer, { a: 1 }))).value).toEqual({ a: 1 })
  })

  it('S-292: a prefix base64: and NULs are part of a key of the PHP library, and of no other', async () => {
    for (const key of [`base64:${v1}`, 'ab\0cd']) {
      const serializer = new EncryptedSerializer({ serializer: textSerializer, keys: { main: v2, php: phpKey(key) } })
      expect((await openedBy(serializer, phpSealed(key, 'text'))).value).toBe('text')
      expect(() => sealing({ main: v2, v1: key })).toThrow('phpKey()')
    }
  })
})

describe('a key that is changed', () => {
  it('S-282: goes unnoticed by visitors', async () => {
    const shop = openShop({ serializer: sealing({ v1 }) })
    const id = await shop.stored((session) => session.set('n', 0))
    const rings: readonly KeyRingOptions[] = [
      { v1, v2 },
      { v2, v1 },
      { v2, v1: { state: 'retired' } },
    ]
    const seen = []
    for (const keys of rings) seen.push(await shop.another({ serializer: sealing(keys) }).run(id, (session) => session.increment('n')))
    expect(seen).toEqual([1, 2, 3])
  })

  it('S-283 S-448: a session under an old key is sealed anew by a request that changes nothing', async () => {
    const shop = openShop({ serializer: sealing({ v1 }) })
    const id = await shop.stored((session) => session.set('n', 0))
    expect(await sealedUnder(shop, id)).toEqual(['v1', 'v1'])
    expect(await shop.another({ serializer: sealing({ v2, v1 }) }).run(id, (session) => session.get('n'))).toBe(0)
    expect(await sealedUnder(shop, id)).toEqual(['v2', 'v2'])
  })

  it('S-284: can be seen to be needed by nothing any more', async () => {
    const shop = openShop({ serializer: sealing({ v1 }) })
    for (let session = 0; session < 3; session++) await shop.stored()
    const now = new SessionManager({ driver: shop.memory, clock: shop.clock.now, serializer: sealing({ v2, v1 }) })
    expect((await now.keyUsage()).byKey).toEqual(new Map([['v1', 3]]))
    await now.reseal()
    expect(await now.keyUsage()).toMatchObject({ byKey: new Map([['v2', 3]]), unsealed: 0 })
  })
})

describe('the manager', () => {
  it('S-287: payload and flash are sealed (D-35); whose session it is, and its times, stay readable', async () => {
    const shop = openShop({ serializer: sealing({ v1 }) })
    const id = await shop.stored((session) => {
      session.set('secret', 'in the payload')
      session.flash('status', 'in the flash')
      session.setUserId('u1')
    })
    const record = await recordOf(shop, id)
    expect(JSON.stringify(record)).not.toMatch(/in the payload|in the flash|secret|status/)
    expect(JSON.stringify(record)).toContain('u1')
    expect(await shop.peek(id)).toMatchObject({ secret: 'in the payload' })
  })

  it('S-288: a wrong key, none, or one too many destroys no session (D-07)', async () => {
    const shop = openShop({ serializer: sealing({ v1 }) })
    const id = await shop.stored((session) => session.set('cart', 7))
    const before = await recordOf(shop, id)
    for (const serializer of [sealing({ v1: v2 }), sealing({ v2 }), new NativeSerializer(), sealing({ v2 }, { acceptPlaintext: true })]) {
      await shop.another({ serializer }).run(id, (session) => session.set('cart', null))
      const refusing = shop.another({ serializer, onUnreadable: 'throw' })
      expect(await codeOf(refusing.run(id, (session) => session.set('cart', null)))).toBe('ERR_SESSION_UNREADABLE')
      expect(await recordOf(shop, id)).toEqual(before)
    }
    expect(await shop.peek(id)).toMatchObject({ cart: 7 })
  })

  it('S-288: plain sessions are taken only where acceptPlaintext says so, and then sealed', async () => {
    const shop = openShop({ serializer: new NativeSerializer() })
    const id = await shop.stored((session) => session.set('cart', 7))
    const before = await recordOf(shop, id)
    await shop.another({ serializer: sealing({ v1 }) }).run(id, (session) => session.set('cart', null))
    expect(await recordOf(shop, id)).toEqual(before)
    const taking = shop.another({ serializer: sealing({ v1 }, { acceptPlaintext: true }) })
    expect(await taking.run(id, (session) => session.get('cart'))).toBe(7)
    expect(await sealedUnder(shop, id)).toEqual(['v1', 'v1'])
    expect(await shop.another({ serializer: sealing({ v1 }) }).run(id, (session) => session.get('cart'))).toBe(7)
  })

  it('S-289: it takes the serializer as an option', async () => {
    const shop = openShop({ serializer: sealing({ v1 }) })
    expect(await sealedUnder(shop, await shop.stored())).toEqual(['v1', 'v1'])
  })

  it('S-290: a key that is not set, or no good one, fails at start-up and not at the first visitor (D-38)', () => {
    for (const key of [undefined, null, '', 'changeme']) expect(() => sealing({ v1: key as KeyMaterial })).toThrow("Option 'keys.v1'")
  })
})
