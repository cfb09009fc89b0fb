import type { Engine, RingSecret, SealKey } from './engine.ts'
import { IV_BYTES, TAG_BYTES } from './envelope.ts'

const CIPHER = 'AES-GCM'
const TAG_BITS = 8 * TAG_BYTES
/** Longer lists of arguments overflow the stack somewhere. */
const CHUNK = 8192

const encoder = new TextEncoder()
// A byte order mark at the beginning is a character like any other. What is no UTF-8 would come back as something else.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true })

/** WebCrypto, for runtimes that have nothing else: each text takes a promise. */
export const webEngine: Engine = {
  name: 'web',
  secret: (bytes) => new WebSecret(bytes.slice()),
  encode,
  decode,
}

class WebSecret implements RingSecret {
  readonly #bytes: Uint8Array<ArrayBuffer>
  #imported: Promise<CryptoKey> | undefined

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.#bytes = bytes
  }

  async derive(salt: Uint8Array<ArrayBuffer>, info: Uint8Array<ArrayBuffer>): Promise<SealKey> {
    this.#imported ??= crypto.subtle.importKey('raw', this.#bytes, 'HKDF', false, ['deriveKey'])
    const how = { name: 'HKDF', hash: 'SHA-256', salt, info }
    return new WebSealKey(
      await crypto.subtle.deriveKey(how, await this.#imported, { name: CIPHER, length: 256 }, false, ['encrypt', 'decrypt']),
    )
  }

  async direct(): Promise<SealKey> {
    return new WebSealKey(await crypto.subtle.importKey('raw', this.#bytes, CIPHER, false, ['encrypt', 'decrypt']))
  }
}

class WebSealKey implements SealKey {
  readonly #key: CryptoKey

  constructor(key: CryptoKey) {
    this.#key = key
  }

  async seal(iv: Uint8Array, about: string, text: string): Promise<string> {
    // It comes from a pool that goes on being used: by the time that the cipher reads it, it may be another's.
    const own = Uint8Array.from(iv)
    const sealed = new Uint8Array(await crypto.subtle.encrypt(paramsOf(own, about), this.#key, encoder.encode(text)))
    const box = new Uint8Array(IV_BYTES + sealed.length)
    box.set(own)
    box.set(sealed, IV_BYTES)
    return encode(box)
  }

  async open(box: string, about: string): Promise<string | undefined> {
    const bytes = decode(box)
    if (bytes === undefined || bytes.length < IV_BYTES + TAG_BYTES || encode(bytes) !== box) return undefined
    try {
      const opened = await crypto.subtle.decrypt(paramsOf(bytes.subarray(0, IV_BYTES), about), this.#key, bytes.subarray(IV_BYTES))
      return decoder.decode(opened)
    } catch {
      return undefined // Its message says no more than that.
    }
  }
}

function paramsOf(iv: Uint8Array<ArrayBuffer>, about: string): AesGcmParams {
  return { name: CIPHER, iv, additionalData: encoder.encode(about), tagLength: TAG_BITS }
}

function encode(bytes: Uint8Array): string {
  let characters = ''
  for (let at = 0; at < bytes.length; at += CHUNK) characters += String.fromCharCode(...bytes.subarray(at, at + CHUNK))
  return btoa(characters).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

function decode(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0))
  } catch {
    return undefined
  }
}
