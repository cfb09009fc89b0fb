import { createHash } from 'node:crypto'
import type { Request } from 'express'
import type { Session, StoreKey } from './holdfast.ts'

/** A field of the form that was sent; empty when there is none. */
export function field(request: Request, name: string): string {
  const body: unknown = request.body
  const value: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined
  return typeof value === 'string' ? value : ''
}

/** The key that a store has a session under: the hash of its id. The id itself is in the browser's cookie and nowhere else. */
export function storeKeyOf(session: Session): StoreKey {
  const hash = createHash('sha256').update(session.id).digest('hex')
  if (!isStoreKey(hash)) throw new TypeError('a SHA-256 is not hex')
  return hash
}

function isStoreKey(text: string): text is StoreKey {
  return /^[0-9a-f]{64}$/.test(text)
}
