import { randomHex } from './random.ts'

declare const sessionId: unique symbol
declare const storeKey: unique symbol

/** The secret in the cookie: 40 lowercase hex digits from 20 random bytes. It is shown nowhere but in the cookie. */
export type SessionId = string & { readonly [sessionId]: true }

/**
 * What a driver is given in place of the id: its SHA-256 in hex (the id itself with `hashIds: false`).
 * A hash is no secret: it may stand in a message, an event or a list.
 */
export type StoreKey = string & { readonly [storeKey]: true }

const ID_BYTES = 20
const ID_FORM = /^[0-9a-f]{40}$/
const KEY_FORM = /^(?:[0-9a-f]{64}|[0-9a-f]{40})$/

/** Makes a session id: 160 random bits. OWASP ASVS 7.2.3 asks for 128. */
export function newSessionId(): SessionId {
  return randomHex(ID_BYTES) as SessionId
}

/** Takes a text for a session id, or `undefined` when it has not the form of one: such a text never reaches a driver. */
export function asSessionId(text: unknown): SessionId | undefined {
  return typeof text === 'string' && ID_FORM.test(text) ? (text as SessionId) : undefined
}

/** Takes a text for a store key, or `undefined` when it has not the form of one: such a text never becomes a path. */
export function asStoreKey(text: unknown): StoreKey | undefined {
  return typeof text === 'string' && KEY_FORM.test(text) ? (text as StoreKey) : undefined
}

/** Takes a SHA-256 in hex, as the platform gave it, for the store key that it is. */
export function hashAsStoreKey(sha256: string): StoreKey {
  return sha256 as StoreKey
}

/**
 * A key as it may be shown. With `hashIds: false` the key is the id itself, the secret of the cookie: then this does not show it.
 */
export function shownKey(key: StoreKey): string {
  return key.length === 64 ? key : '(not shown, as ids are not hashed)'
}
