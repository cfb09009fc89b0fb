import { isObject } from '../../session/plain.ts'
import { builtin } from '../../session/runtime.ts'
import { KEY_BYTES } from './engine.ts'
import type { Engine, RingSecret, SealKey } from './engine.ts'
import { IV_BYTES, TAG_BYTES } from './envelope.ts'

/** What is used of `node:crypto` and `node:buffer`. */
interface NodeCrypto {
  createSecretKey(bytes: Uint8Array): KeyObject
  createCipheriv(name: string, key: KeyObject, iv: Uint8Array, options: { readonly authTagLength: number }): Cipher
  createDecipheriv(name: string, key: KeyObject, iv: Uint8Array, options: { readonly authTagLength: number }): Decipher
  hkdfSync(digest: string, key: KeyObject, salt: Uint8Array, info: Uint8Array, length: number): ArrayBuffer
}
interface KeyObject {
  readonly type: string
}
interface Cipher {
  setAAD(about: Uint8Array): unknown
  update(text: string, encoding: 'utf8'): NodeBuffer
  final(): NodeBuffer
  getAuthTag(): NodeBuffer
}
interface Decipher {
  setAAD(about: Uint8Array): unknown
  setAuthTag(tag: Uint8Array): unknown
  update(bytes: Uint8Array): NodeBuffer
  final(): NodeBuffer
}
type Encoding = 'utf8' | 'latin1' | 'base64url'
interface NodeBuffer extends Uint8Array<ArrayBuffer> {
  subarray(from?: number, to?: number): NodeBuffer
  toString(encoding?: Encoding): string
  equals(other: Uint8Array): boolean
}
interface BufferMaker {
  from(text: string, encoding: Encoding): NodeBuffer
  from(buffer: ArrayBuffer, at: number, length: number): NodeBuffer
  concat(parts: readonly Uint8Array[], length: number): NodeBuffer
}

const CIPHER = 'aes-256-gcm'
/** What stands in place of bytes that are no UTF-8. */
const REPLACEMENT = '\ufffd'
const WHOLE_TAG = { authTagLength: TAG_BYTES }

/** Node, Bun and Deno seal in a few microseconds without a promise. `undefined` where there is no such cryptography. */
export function nodeEngine(): Engine | undefined {
  const crypto = builtin('node:crypto')
  const buffer: unknown = Reflect.get(builtin('node:buffer') ?? {}, 'Buffer')
  return isNodeCrypto(crypto) && isBufferMaker(buffer) ? new NodeEngine(crypto, buffer) : undefined
}

class NodeEngine implements Engine {
  readonly name = 'node'
  readonly #crypto: NodeCrypto
  readonly #buffer: BufferMaker

  constructor(crypto: NodeCrypto, buffer: BufferMaker) {
    this.#crypto = crypto
    this.#buffer = buffer
  }

  secret(bytes: Uint8Array<ArrayBuffer>): RingSecret {
    return new NodeSecret(this.#crypto, this.#buffer, this.#crypto.createSecretKey(bytes))
  }

  encode(bytes: Uint8Array<ArrayBuffer>): string {
    return this.#buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64url')
  }

  decode(text: string): Uint8Array<ArrayBuffer> {
    return this.#buffer.from(text, 'base64url')
  }
}

class NodeSecret implements RingSecret {
  readonly #crypto: NodeCrypto
  readonly #buffer: BufferMaker
  readonly #key: KeyObject

  constructor(crypto: NodeCrypto, buffer: BufferMaker, key: KeyObject) {
    this.#crypto = crypto
    this.#buffer = buffer
    this.#key = key
  }

  derive(salt: Uint8Array, info: Uint8Array): SealKey {
    const derived = new Uint8Array(this.#crypto.hkdfSync('sha256', this.#key, salt, info, KEY_BYTES))
    return new NodeSealKey(this.#crypto, this.#buffer, this.#crypto.createSecretKey(derived))
  }

  direct(): SealKey {
    return new NodeSealKey(this.#crypto, this.#buffer, this.#key)
  }
}

class NodeSealKey implements SealKey {
  readonly #crypto: NodeCrypto
  readonly #buffer: BufferMaker
  /** A key object: bytes would be made into one for each text, which takes longer than to seal it. */
  readonly #key: KeyObject

  constructor(crypto: NodeCrypto, buffer: BufferMaker, key: KeyObject) {
    this.#crypto = crypto
    this.#buffer = buffer
    this.#key = key
  }

  seal(iv: Uint8Array, about: string, text: string): string {
    const cipher = this.#crypto.createCipheriv(CIPHER, this.#key, iv, WHOLE_TAG)
    cipher.setAAD(this.#buffer.from(about, 'latin1'))
    const sealed = cipher.update(text, 'utf8')
    cipher.final()
    return this.#buffer.concat([iv, sealed, cipher.getAuthTag()], IV_BYTES + sealed.length + TAG_BYTES).toString('base64url')
  }

  open(box: string, about: string): string | undefined {
    const bytes = this.#buffer.from(box, 'base64url')
    const tagAt = bytes.length - TAG_BYTES
    // Decoding passes over what is no base64url: written again, only the one right form is the same.
    if (tagAt < IV_BYTES || bytes.toString('base64url') !== box) return undefined
    const decipher = this.#crypto.createDecipheriv(CIPHER, this.#key, bytes.subarray(0, IV_BYTES), WHOLE_TAG)
    decipher.setAAD(this.#buffer.from(about, 'latin1'))
    decipher.setAuthTag(bytes.subarray(tagAt))
    const opened = decipher.update(bytes.subarray(IV_BYTES, tagAt))
    try {
      decipher.final()
    } catch {
      return undefined // Its message says no more than that.
    }
    const text = opened.toString('utf8')
    // What was no UTF-8 would come back as something else: the PHP library seals any bytes.
    return text.includes(REPLACEMENT) && !opened.equals(this.#buffer.from(text, 'utf8')) ? undefined : text
  }
}

function isNodeCrypto(module: object | undefined): module is NodeCrypto {
  return module !== undefined && ['createSecretKey', 'createCipheriv', 'createDecipheriv', 'hkdfSync'].every((name) => name in module)
}

function isBufferMaker(value: unknown): value is BufferMaker {
  return (isObject(value) || typeof value === 'function') && 'from' in value && 'concat' in value
}
