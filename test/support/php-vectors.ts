import { readFileSync } from 'node:fs'
import { phpKey } from '../../src/serializers/encrypted.ts'
import type { KeyRingOptions } from '../../src/serializers/encrypted.ts'
import { newKey } from './sealed.ts'

interface PhpRingKey {
  readonly id: string
  /** `utf8` where the bytes are text; no key at all where it was null. */
  readonly key?: { readonly utf8?: string; readonly b64: string } | null
}

export interface EnvelopeCase {
  readonly name: string
  readonly ring: readonly PhpRingKey[]
  readonly plaintext: { readonly utf8?: string; readonly b64: string }
  readonly keyId?: string
  readonly envelope: string
}

export interface RestoreCase {
  readonly name: string
  readonly ring: readonly PhpRingKey[]
  readonly envelope: string
  readonly accepted: boolean
  readonly result?: { readonly t: string; readonly entries: readonly unknown[] }
}

export interface KeyLengthCase {
  readonly keyLength: number
  readonly key: string
  readonly encryptReturned: string
  readonly tagHex: string
}

/** What the PHP library's `EncryptedSerializer::prepare()` gave. */
export const envelopeVectors: { readonly count: number; readonly cases: readonly EnvelopeCase[] } = read('encrypted-envelopes.json')

/** What its `restore()` made of good, changed and odd envelopes, and how it takes keys of any length. */
export const restoreVectors: {
  readonly count: number
  readonly cases: readonly RestoreCase[]
  readonly keyLengthRule: readonly KeyLengthCase[]
} = read('encrypted-restore.json')

/**
 * The ring of a case, behind a key of our own that seals. PHP takes numbers and the empty text for names: such keys get others here, which
 * changes nothing, since an envelope is tried with every key.
 */
export function ringOf({ ring }: { readonly ring: readonly PhpRingKey[] }): KeyRingOptions {
  const keys = ring.map(({ id, key }, index) => {
    const name = /^[A-Za-z]/.test(id) ? id : `php${index}`
    return [name, phpKey(key?.utf8 ?? Buffer.from(key?.b64 ?? '', 'base64'))] as const
  })
  return { holdfast: newKey(), ...Object.fromEntries(keys) }
}

function read(name: string) {
  return JSON.parse(readFileSync(new URL(`../vectors/monkeyslegion/${name}`, import.meta.url), 'utf8'))
}
