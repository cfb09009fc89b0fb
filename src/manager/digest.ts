import type { Marker } from '../contracts/driver.ts'
import { asSessionId, asStoreKey, hashAsStoreKey } from '../session/id.ts'
import type { SessionId, StoreKey } from '../session/id.ts'
import { toHex } from '../session/random.ts'
import { builtinCrypto, sha256 } from '../session/sha256.ts'

/** A chain of markers longer than this leads nowhere. */
export const MAX_MARKERS = 5

const text = new TextEncoder()

/** The key of an id: SHA-256 in hex. */
export function hashId(id: SessionId): StoreKey | Promise<StoreKey> {
  const hash = sha256(id)
  return typeof hash === 'string' ? hashAsStoreKey(hash) : hash.then(hashAsStoreKey)
}

/** The id that an automatic change of id leads to: who has the old one and the salt can find it, who has only the store cannot. */
export function successorId(id: SessionId, salt: string): SessionId | Promise<SessionId> {
  if (builtinCrypto !== undefined) return firstBytes(builtinCrypto.createHmac('sha256', id).update(salt).digest('hex'))
  return webHmac(id, salt).then(firstBytes)
}

/** The id that a marker leads to, for one who has the id that it replaced. A login's leads nowhere. */
export function successorBy(id: SessionId, marker: Marker): SessionId | Promise<SessionId> | undefined {
  return marker.reason === 'rotation' && marker.salt !== undefined ? successorId(id, marker.salt) : undefined
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
