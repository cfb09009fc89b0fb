import { createHash, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { EncryptedSerializer } from '../../../src/serializers/encrypted.ts'
import type { KeyMaterial } from '../../../src/serializers/encrypted.ts'
import { refusalOf } from '../../support/config-refusal.ts'
import { newKey } from '../../support/sealed.ts'

/** How a key is refused: with its option, a command that makes a good one, and nothing of the key. */
function refused(key: unknown, secrets: readonly string[] = typeof key === 'string' ? [key] : []): string {
  const message = refusalOf(() => new EncryptedSerializer({ keys: { v1: key as KeyMaterial } }), secrets)
  expect(message).toContain("Option 'keys.v1': ")
  expect(message).toContain('openssl rand -base64 32')
  return message
}

/** The same, for bytes in every form that keys have. */
function bytesRefused(data: Iterable<number>): string {
  const bytes = Buffer.from([...data])
  const forms = [bytes, new Uint8Array(bytes), bytes.toString('base64'), bytes.toString('base64url'), bytes.toString('hex')]
  const secrets = forms.slice(2).map(String)
  const messages = new Set(forms.map((form) => refused(form, secrets)))
  expect(messages.size).toBe(1)
  return [...messages].join('')
}

function unlikely(length: number): Buffer {
  return createHash('shake256', { outputLength: length }).update('a key for tests').digest()
}

describe('a key is refused', () => {
  it('that is not there, such as a variable that is not set (D-37)', () => {
    expect(refused(undefined)).toContain('must be 32 bytes')
    expect(refused(null)).toContain('must be 32 bytes')
    expect(refused('')).toContain('is empty')
    expect(refused({})).toContain('must be 32 bytes')
    expect(refused({ key: undefined })).toContain('must be 32 bytes')
    expect(refused({ key: null, state: 'opens' })).toContain('must be 32 bytes')
  })

  it('that is of another kind', () => {
    const kinds = [7, true, 7n, Symbol('key'), new ArrayBuffer(32), new DataView(new ArrayBuffer(32)), new Date()]
    for (const kind of kinds) expect(refused(kind)).toContain('must be 32 bytes')
    for (const kind of kinds) expect(refused({ key: kind })).toContain('must be 32 bytes')
  })

  it('that is a function: one function gives the whole ring', () => {
    expect(refused(() => newKey())).toContain('One function gives the whole ring')
    expect(refused({ key: () => newKey() })).toContain('One function gives the whole ring')
  })

  it('of another length', () => {
    for (const length of [0, 1, 16, 24, 31, 33, 48, 64]) {
      const bytes = unlikely(length)
      expect(refused(bytes)).toContain(`has ${length} bytes, not 32.`)
      expect(refused({ key: new Uint8Array(bytes), state: 'opens' })).toContain(`has ${length} bytes, not 32.`)
      if (length > 0) expect(refused(bytes.toString('base64'))).toContain('neither the base64 nor the hex of 32 bytes')
      if (length > 0) expect(refused(bytes.toString('hex'))).toContain('neither the base64 nor the hex of 32 bytes')
    }
  })

  it('that is neither base64 nor hex', () => {
    const good = unlikely(32).toString('base64')
    const [hex, url] = [unlikely(32).toString('hex'), unlikely(32).toString('base64url')]
    const others = [
      ` ${good}`,
      `${good}\n`,
      `${good} `,
      `${good}=`,
      `${url}==`,
      good.slice(1),
      `"${good}"`,
      `0x${hex}`,
      hex.replace(/.$/, 'g'),
      `${hex}\n`,
      good.replace(/.=$/, '!='),
      good.replace(/.=$/, '\u0131='),
      'new-256-bit-key-here',
      'correct horse battery staple',
    ]
    for (const other of others) expect(refused(other)).toContain('neither the base64 nor the hex of 32 bytes')
  })

  it('that has the prefix of other frameworks, with word of what to do', () => {
    const message = refused(`base64:${unlikely(32).toString('base64')}`)
    expect(message).toContain('Leave out the prefix base64:')
    expect(message).toContain('phpKey()')
  })

  it('that is filled up with zeros', () => {
    for (const kept of [0, 1, 16, 20, 24]) {
      const bytes = unlikely(32).fill(0, kept)
      expect(bytesRefused(bytes)).toContain('is filled up with zeros')
      expect(bytesRefused(bytes.toReversed())).toContain('is filled up with zeros')
    }
  })

  it('that is a text', () => {
    for (const text of ['your-32-character-current-key-ab', 'The quick brown fox jumps over a', unlikely(16).toString('hex')]) {
      expect(bytesRefused(Buffer.from(text))).toContain('is a text')
    }
  })

  it('that is a line of text, as echo writes it', () => {
    expect(bytesRefused(Buffer.from('The quick brown fox jumps, dog!\n'))).toContain('is a text')
    expect(bytesRefused(Buffer.from('The quick brown\tfox jumps, dog\r\n'))).toContain('is a text')
  })

  it('whose bytes repeat', () => {
    const once = unlikely(16)
    const repeating = [Buffer.alloc(32, 0xff), Buffer.alloc(32, 0x81), Buffer.concat([once, once]), Buffer.alloc(32, unlikely(7))]
    const few = Buffer.from(Array.from({ length: 32 }, (_, at) => (at * at) % 17).map((byte) => byte + 0x80))
    for (const bytes of [...repeating, few]) expect(bytesRefused(bytes)).toContain('is not random')
  })

  it('whose bytes follow a rule', () => {
    const rules: readonly ((at: number) => number)[] = [
      (at) => at + 1,
      (at) => at,
      (at) => 255 - at,
      (at) => 0x90 + 3 * at,
      (at) => 7 * at + 1,
      (at) => 0x80 + 5 * at + (at % 2),
    ]
    for (const rule of rules) {
      const bytes = Buffer.from(Array.from({ length: 32 }, (_, at) => rule(at)))
      expect(bytesRefused(bytes)).toContain('is not random')
    }
  })
})

describe('a key is not refused', () => {
  it('for as many zeros or equal bytes as a random one may have', () => {
    const [start, end] = [randomBytes(32).fill(1, 0, 1), randomBytes(32).fill(1, 31)]
    start.fill(0, 0, 7)
    end.fill(0, 25)
    start[7] = 200
    end[24] = 200
    for (const bytes of [start, end]) expect(() => new EncryptedSerializer({ keys: { v1: bytes } })).not.toThrow()
  })
})
