import { createCipheriv, randomBytes } from 'node:crypto'
import type { PrepareContext, Restored, Serializer, SerializerContext } from '../../src/contracts/serializer.ts'
import { nodeEngine } from '../../src/serializers/sealing/node-engine.ts'
import type { Engine } from '../../src/serializers/sealing/engine.ts'
import { detailOf } from '../../src/session/failure-detail.ts'
import { SessionError } from '../../src/session/errors.ts'
import { asStoreKey } from '../../src/session/id.ts'
import { place } from './serializer-context.ts'

const otherKey = asStoreKey('cd'.repeat(32))
if (otherKey === undefined) throw new Error('no store key')

/** The same field of another session. */
export const elsewhere: SerializerContext = { key: otherKey, field: 'payload' }

/** The other field of the same session. */
export const flashPlace: SerializerContext = { key: place.key, field: 'flash' }

/** A good key. */
export function newKey(): string {
  return randomBytes(32).toString('base64')
}

/** Keeps texts as they are, so that a test says itself what is sealed. */
export const textSerializer: Serializer = {
  prepare(value: unknown, { loaded }: PrepareContext): string | undefined {
    if (typeof value !== 'string') throw new Error('no text')
    return value === loaded ? undefined : value
  },
  restore: (text: string): Restored => ({ value: text, loaded: text, stale: false }),
}

/** The same, with promises. */
export const lateTextSerializer: Serializer = {
  prepare: async (value, context) => await textSerializer.prepare(value, context),
  restore: async (text, context) => await textSerializer.restore(text, context),
}

/** What a serializer seals, as the first save of a session does. */
export async function sealedBy(serializer: Serializer, value: unknown, at: SerializerContext = place): Promise<string> {
  const text = await serializer.prepare(value, at)
  if (text === undefined) throw new Error('prepare() gave no text for a value that was never stored')
  return text
}

/** What a serializer opens. */
export async function openedBy(serializer: Serializer, text: string, at: SerializerContext = place): Promise<Restored> {
  return await serializer.restore(text, at)
}

/** The error of the library that something throws or rejects with. */
export async function errorOf(run: () => unknown): Promise<SessionError> {
  let result: unknown
  try {
    result = await run()
  } catch (error) {
    if (error instanceof SessionError) return error
    throw error
  }
  throw new Error(`it did not fail, and gave ${JSON.stringify(result)}`)
}

/** Why a text does not open, as events say it; `opened` when it does. */
export async function reasonOf(serializer: Serializer, text: string, at: SerializerContext = place): Promise<string | undefined> {
  try {
    await serializer.restore(text, at)
  } catch (error) {
    if (error instanceof SessionError && error.code === 'ERR_SESSION_DESERIALIZATION_FAILED') return detailOf(error)
    throw error
  }
  return 'opened'
}

/** A text as the PHP library seals it, under a key that it takes literally. */
export function phpSealed(key: string, text: string | Uint8Array, keyName = 'v1'): string {
  const bytes = Buffer.alloc(32)
  bytes.set(Buffer.from(key).subarray(0, 32))
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', bytes, iv)
  const value = Buffer.concat([cipher.update(text), cipher.final()])
  const parts = { iv, value, tag: cipher.getAuthTag() }
  const inBase64 = Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, part.toString('base64')]))
  return JSON.stringify({ ...inBase64, key_id: keyName })
}

/** Node's engine, which every test that needs one runs on. */
export function engineOfNode(): Engine {
  const engine = nodeEngine()
  if (engine === undefined) throw new Error('no node:crypto')
  return engine
}

/** Node's engine, with a count of the keys that were derived by it. */
export function countingEngine(): { readonly engine: Engine; readonly derived: () => number } {
  const node = engineOfNode()
  let count = 0
  const engine: Engine = {
    name: node.name,
    encode: (bytes) => node.encode(bytes),
    decode: (text) => node.decode(text),
    secret(bytes) {
      const secret = node.secret(bytes)
      return {
        direct: () => secret.direct(),
        derive(salt, info) {
          count++
          return secret.derive(salt, info)
        },
      }
    },
  }
  return { engine, derived: () => count }
}
