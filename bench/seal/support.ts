import { createHash } from 'node:crypto'
import type { Serializer } from '../../src/contracts/serializer.ts'

/** Passes texts through, so that sealing is all that is attacked or measured. */
export const passingThrough: Serializer = {
  prepare: (value) => String(value),
  restore: (text) => ({ value: text, loaded: text, stale: false }),
}

/** 32 bytes for a key ring, the same for a name each time. */
export function keyTextFrom(name: string): string {
  return createHash('sha256').update(`a key of the benches: ${name}`).digest('base64')
}

/** A sealed text, cut by hand: `hf1.NAME.` and 24 characters of salt are its head, 16 characters of IV begin its box. */
export interface Parts {
  readonly keyName: string
  /** The same for all texts of one derived key. */
  readonly head: string
  readonly salt: string
  readonly box: string
}

const SALT_CHARACTERS = 24
export const IV_CHARACTERS = 16

/** Takes a text apart that is known to be sealed. */
export function partsOf(text: string): Parts {
  const nameEnds = text.indexOf('.', 4)
  const headEnds = nameEnds + 1 + SALT_CHARACTERS
  return {
    keyName: text.slice(4, nameEnds),
    head: text.slice(0, headEnds),
    salt: text.slice(nameEnds + 1, headEnds),
    box: text.slice(headEnds),
  }
}
