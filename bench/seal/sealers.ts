import { createCipheriv, createDecipheriv, createSecretKey, randomFillSync } from 'node:crypto'
import { EncryptedSerializer } from '../../src/serializers/encrypted.ts'
import { keyFrom } from '../file/support.ts'
import { keyTextFrom, passingThrough } from './support.ts'

export type Later<Value> = Value | Promise<Value>

/** What is measured: a text becomes a sealed text, and that the text again. */
export interface Sealer {
  readonly label: string
  seal(text: string): Later<string>
  open(sealed: string): Later<string>
}

export const HOLDFAST = 'Holdfast'
export const BARE = 'createCipheriv, nothing else'

const CIPHER = 'aes-256-gcm'
const IV_BYTES = 12
const TAG_BYTES = 16
const POOL_BYTES = 341 * IV_BYTES

/** Those that every runtime with `node:crypto` has. */
export function ownSealers(): Sealer[] {
  return [holdfast(), bare()]
}

function holdfast(): Sealer {
  const serializer = new EncryptedSerializer({ keys: { v1: keyTextFrom('speed') }, serializer: passingThrough })
  const context = { key: keyFrom('ab'.repeat(32)), field: 'payload' } as const
  return {
    label: HOLDFAST,
    seal: (text) => {
      const sealed = serializer.prepare(text, context)
      if (typeof sealed !== 'string') throw new TypeError('this engine seals at once')
      return sealed
    },
    open: (sealed) => {
      const restored = serializer.restore(sealed, context)
      if (restored instanceof Promise) throw new TypeError('this engine opens at once')
      return String(restored.value)
    },
  }
}

/** The least that this cipher takes: the key is an object already, IVs come from a pool, and the text is bound to nothing. */
function bare(): Sealer {
  const key = createSecretKey(keyTextFrom('speed'), 'base64')
  const pool = Buffer.alloc(POOL_BYTES)
  let used = POOL_BYTES
  return {
    label: BARE,
    seal: (text) => {
      if (used === POOL_BYTES) {
        randomFillSync(pool)
        used = 0
      }
      const iv = pool.subarray(used, used + IV_BYTES)
      used += IV_BYTES
      const cipher = createCipheriv(CIPHER, key, iv)
      const sealed = cipher.update(text, 'utf8')
      cipher.final()
      return Buffer.concat([iv, sealed, cipher.getAuthTag()]).toString('base64url')
    },
    open: (sealed) => {
      const bytes = Buffer.from(sealed, 'base64url')
      const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, IV_BYTES))
      decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES))
      const opened = decipher.update(bytes.subarray(IV_BYTES, bytes.length - TAG_BYTES))
      decipher.final()
      return opened.toString('utf8')
    },
  }
}
