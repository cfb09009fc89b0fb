import { createCipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { EncryptedSerializer } from '../../../src/serializers/encrypted.ts'
import type { KeyMaterial } from '../../../src/serializers/encrypted.ts'
import { keyBytes } from '../../../src/serializers/sealing/key-text.ts'
import { openedBy, sealedBy, textSerializer } from '../../support/sealed.ts'
import { place } from '../../support/serializer-context.ts'

// Regular enough to be read, irregular enough to be taken; with both of the characters that base64url has others for.
const BYTES = Buffer.from('fbefbe3e3f0102a9b8c7d6e5f40f1e2d3c4b5a69788796a5b4c3d2e1f00ffbff', 'hex')

function withKey(key: KeyMaterial): EncryptedSerializer {
  return new EncryptedSerializer({ serializer: textSerializer, keys: { v1: key } })
}

/** Seals as EncryptedSerializer says that it does, with nothing but the cipher. */
function sealedWith(bytes: Uint8Array): string {
  const [salt, iv] = [randomBytes(18), randomBytes(12)]
  const key = Buffer.from(hkdfSync('sha256', bytes, salt, 'holdfast hf1 aes-256-gcm', 32))
  const cipher = createCipheriv('aes-256-gcm', key, iv)
  cipher.setAAD(Buffer.from(`hf1\nv1\npayload\n${place.key}`))
  return `hf1.v1.${Buffer.concat([salt, iv, cipher.update('text'), cipher.final(), cipher.getAuthTag()]).toString('base64url')}`
}

describe('a key', () => {
  it('is taken in base64, base64url and hex, as bytes, a Buffer, and a part of a larger buffer', async () => {
    const larger = new Uint8Array(64).fill(9)
    larger.set(BYTES, 7)
    const shared = new Uint8Array(new SharedArrayBuffer(32))
    shared.set(BYTES)
    const base64 = BYTES.toString('base64')
    expect(base64).toMatch(/\+.*\/.*=$/)
    const forms: KeyMaterial[] = [
      base64,
      base64.replace('=', ''),
      BYTES.toString('base64url'),
      `${BYTES.toString('base64url')}=`,
      BYTES.toString('hex'),
      BYTES.toString('hex').toUpperCase(),
      new Uint8Array(BYTES),
      Buffer.from(BYTES),
      larger.subarray(7, 39),
      Buffer.from(larger.buffer, 7, 32),
      shared,
    ]
    const text = sealedWith(BYTES)
    const opened = await Promise.all(forms.map((form) => openedBy(withKey(form), text)))
    expect(opened).toEqual(forms.map(() => ({ value: 'text', loaded: 'text', stale: false })))
  })

  it('is copied: what happens to the array afterwards changes nothing', async () => {
    const own = Buffer.from(BYTES)
    const serializer = withKey(own)
    own.fill(0)
    expect((await openedBy(serializer, sealedWith(BYTES))).value).toBe('text')
    expect((await openedBy(withKey(Buffer.from(BYTES)), await sealedBy(serializer, 'text'))).value).toBe('text')
  })

  it('is left as it was by who reads it', () => {
    const own = Buffer.from(BYTES)
    withKey(own)
    expect(own.equals(BYTES)).toBe(true)
  })

  it('is taken in each form when it is random, 10,000 times', () => {
    for (let count = 0; count < 10_000; count++) {
      const bytes = randomBytes(32)
      const form = [bytes, bytes.toString('base64'), bytes.toString('base64url'), bytes.toString('hex')][count % 4]
      expect(Buffer.from(keyBytes('keys.v1', form)).equals(bytes)).toBe(true)
    }
  })
})
