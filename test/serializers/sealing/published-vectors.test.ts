import { createDecipheriv } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { nodeEngine } from '../../../src/serializers/sealing/node-engine.ts'
import { webEngine } from '../../../src/serializers/sealing/web-engine.ts'
import type { Engine } from '../../../src/serializers/sealing/engine.ts'

// Numbers that others published, so that both engines cannot be wrong in the same way.

const engines: readonly (Engine | undefined)[] = [nodeEngine(), webEngine]

/** RFC 5869, appendix A, the cases with SHA-256. A key is the first 32 bytes of the output keying material. */
const HKDF_CASES = [
  {
    ikm: '0b'.repeat(22),
    salt: '000102030405060708090a0b0c',
    info: 'f0f1f2f3f4f5f6f7f8f9',
    okm: '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
  },
  {
    ikm: counting(0x00, 80),
    salt: counting(0x60, 80),
    info: counting(0xb0, 80),
    okm:
      'b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71' +
      'cc30c58179ec3e87c14c01d5c1f3434f1d87',
  },
  { ikm: '0b'.repeat(22), salt: '', info: '', okm: '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8' },
]

/** Those test cases of the GCM specification (McGrew and Viega, appendix B) whose plain text is text. */
const GCM_CASES = [
  { name: 'test case 13', text: '', sealed: '', tag: '530f8afbc74536b9a963b4f1c4cb738b' },
  { name: 'test case 14', text: '\0'.repeat(16), sealed: 'cea7403d4d606b6e074ec5d3baf39d18', tag: 'd0d1c8a799996bf0265b98b5d48ab919' },
]

/** RFC 7516, appendix A.1: AES-256-GCM with additional data. */
const JWE = {
  key: [
    177, 161, 244, 128, 84, 143, 225, 115, 63, 180, 3, 255, 107, 154, 212, 246, 138, 7, 110, 91, 112, 46, 34, 105, 47, 130, 203, 46, 122,
    234, 64, 252,
  ],
  iv: '48V1_ALb6US04U3b',
  about: 'eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ',
  text: 'The true sign of intelligence is not knowledge but imagination.',
  sealed: '5eym8TW_c8SuK0ltJ3rpYIzOeDQz7TALvtu6UG9oMo4vpzs9tX_EFShS8iB7j6jiSdiwkIr3ajwQzaBtQD_A',
  tag: 'XFBoMYUZodetZdvTiFvSkQ',
}

describe('both engines', () => {
  it('derive the keys of RFC 5869', async () => {
    const iv = new Uint8Array(12).fill(7)
    for (const engine of engines) {
      for (const { ikm, salt, info, okm } of HKDF_CASES) {
        const key = await engine?.secret(fromHex(ikm)).derive(fromHex(salt), fromHex(info))
        const box = Buffer.from((await key?.seal(iv, 'about', 'a text')) ?? '', 'base64url')
        expect(opened(fromHex(okm).subarray(0, 32), box, 'about')).toBe('a text')
      }
    }
  })

  it('seal as the GCM specification says', async () => {
    for (const engine of engines) {
      for (const { text, sealed, tag } of GCM_CASES) {
        const key = await engine?.secret(new Uint8Array(32)).direct()
        const box = (await key?.seal(new Uint8Array(12), '', text)) ?? ''
        expect(Buffer.from(box, 'base64url').toString('hex')).toBe('00'.repeat(12) + sealed + tag)
        expect(await key?.open(box, '')).toBe(text)
      }
    }
  })

  it('seal with additional data as RFC 7516 does', async () => {
    const iv = Uint8Array.from(Buffer.from(JWE.iv, 'base64url'))
    const box = Buffer.concat([JWE.iv, JWE.sealed, JWE.tag].map((part) => Buffer.from(part, 'base64url'))).toString('base64url')
    for (const engine of engines) {
      const key = await engine?.secret(Uint8Array.from(JWE.key)).direct()
      expect(await key?.seal(iv, JWE.about, JWE.text)).toBe(box)
      expect(await key?.open(box, JWE.about)).toBe(JWE.text)
      expect(await key?.open(box, `${JWE.about}x`)).toBe(undefined)
    }
  })
})

function counting(from: number, length: number): string {
  return Buffer.from(Array.from({ length }, (_, index) => from + index)).toString('hex')
}

function fromHex(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(hex, 'hex'))
}

/** Opens with nothing but the cipher. */
function opened(key: Uint8Array, box: Buffer, about: string): string {
  const decipher = createDecipheriv('aes-256-gcm', key, box.subarray(0, 12), { authTagLength: 16 })
  decipher.setAAD(Buffer.from(about))
  decipher.setAuthTag(box.subarray(-16))
  return Buffer.concat([decipher.update(box.subarray(12, -16)), decipher.final()]).toString()
}
