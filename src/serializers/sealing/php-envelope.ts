import { TOKEN_KEY } from '../../session/csrf-token.ts'
import { isPlainObject } from '../../session/plain.ts'
import type { Engine } from './engine.ts'
import { IV_BYTES, TAG_BYTES } from './envelope.ts'

/** What the PHP library wrote: JSON with `iv`, `value` and `tag` in base64, and the name of the key. */
export interface PhpEnvelope {
  readonly keyName: string
  /** IV, ciphertext and tag as our own envelopes have them; `undefined` for parts of a wrong length, or no base64. */
  readonly box: string | undefined
}

/** Takes such an envelope apart; `undefined` for any other text. */
export function phpEnvelopeOf(text: string, engine: Engine): PhpEnvelope | undefined {
  const parts = partsOf(text)
  if (parts === undefined) return undefined
  // Every stored session holds a token: this is one that keeps values under such names.
  if (Object.hasOwn(parts, TOKEN_KEY)) return undefined
  const { iv, value, tag, key_id: keyName } = parts
  if (typeof iv !== 'string' || typeof value !== 'string' || typeof tag !== 'string') return undefined
  return { keyName: typeof keyName === 'string' ? keyName : '', box: boxOf(iv, value, tag, engine) }
}

function partsOf(text: string): Readonly<Record<string, unknown>> | undefined {
  if (!text.startsWith('{') || !text.includes('"iv"')) return undefined
  try {
    const parsed: unknown = JSON.parse(text)
    return isPlainObject(parsed) ? parsed : undefined
  } catch {
    return undefined
  }
}

// The PHP library takes tags from one byte on: who can write the store then forges texts in a few hundred tries. Here all parts are whole.
function boxOf(iv: string, value: string, tag: string, engine: Engine): string | undefined {
  const parts = [bytesOf(iv, engine), bytesOf(value, engine), bytesOf(tag, engine)]
  const [ivBytes, sealed, tagBytes] = parts
  if (ivBytes?.length !== IV_BYTES || tagBytes?.length !== TAG_BYTES || sealed === undefined) return undefined
  const box = new Uint8Array(IV_BYTES + sealed.length + TAG_BYTES)
  box.set(ivBytes)
  box.set(sealed, IV_BYTES)
  box.set(tagBytes, IV_BYTES + sealed.length)
  return engine.encode(box)
}

function bytesOf(base64: string, engine: Engine): Uint8Array | undefined {
  if (base64.includes('-') || base64.includes('_')) return undefined
  const text = base64
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/={1,2}$/, '')
  const bytes = engine.decode(text)
  return bytes !== undefined && base64.length % 4 === 0 && engine.encode(bytes) === text ? bytes : undefined
}
