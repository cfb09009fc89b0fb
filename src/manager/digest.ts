import { asSessionId, asStoreKey, hashAsStoreKey } from '../session/id.ts'
import type { SessionId, StoreKey } from '../session/id.ts'
import { toHex } from '../session/random.ts'
import { builtin } from './runtime.ts'

interface NodeCrypto {
  hash(algorithm: string, data: string, encoding: 'hex'): string
  createHmac(algorithm: string, key: string): { update(data: string): { digest(encoding: 'hex'): string } }
}

// Node, Bun and Deno hash in a microsecond without a promise; elsewhere the web's own digest does.
const nodeCrypto = builtinCrypto()
const text = new TextEncoder()

function builtinCrypto(): NodeCrypto | undefined {
  const crypto = builtin('node:crypto')
  return hasHash(crypto) ? crypto : undefined
}

function hasHash(crypto: object | undefined): crypto is NodeCrypto {
  return crypto !== undefined && 'hash' in crypto && 'createHmac' in crypto
}

/** The key of an id: SHA-256 in hex. */
export function hashId(id: SessionId): StoreKey | Promise<StoreKey> {
  if (nodeCrypto !== undefined) return hashAsStoreKey(nodeCrypto.hash('sha256', id, 'hex'))
  return crypto.subtle.digest('SHA-256', text.encode(id)).then((digest) => hashAsStoreKey(toHex(new Uint8Array(digest))))
}

/** The id that an automatic change of id leads to: who has the old one and the salt can find it, who has only the store cannot. */
export function successorId(id: SessionId, salt: string): SessionId | Promise<SessionId> {
  if (nodeCrypto !== undefined) return firstBytes(nodeCrypto.createHmac('sha256', id).update(salt).digest('hex'))
  return webHmac(id, salt).then(firstBytes)
}

async function webHmac(id: SessionId, salt: string): Promise<string> {
  const key = await crypto.subtle.importKey('raw', text.encode(id), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  return toHex(new Uint8Array(await crypto.subtle.sign('HMAC', key, text.encode(salt))))
}

function firstBytes(hex: string): SessionId {
  const id = asSessionId(hex.slice(0, 40))
  if (id === undefined) throw new TypeError('the platform gave a digest that is not hex')
  return id
}

function checkedKey(hex: string): StoreKey {
  const key = asStoreKey(hex)
  if (key === undefined) throw new TypeError('the platform gave a digest that is not hex')
  return key
}

/** The id itself as its key: for a store that is shared with the PHP library. */
export function idAsKey(id: SessionId): StoreKey {
  return checkedKey(id)
}
