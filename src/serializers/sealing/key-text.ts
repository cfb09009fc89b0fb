import { SessionError } from '../../session/errors.ts'
import { KEY_BYTES } from './engine.ts'

const HEX = /^[0-9a-f]{64}$/i
const BASE64 = /^[A-Za-z0-9+/_-]{43}=?$/
/** 32 random bytes have some 30 different ones: with 16 or fewer they come about once in 10^13 keys. */
const FEWEST_DIFFERENT = 17
const MOST_ZEROS = 8
const LONGEST_PERIOD = 16
const MAKE_ONE = 'Make a good one with: openssl rand -base64 32'

/** A key by the rule of the PHP library: `phpKey` makes it. */
export class PhpKey {
  readonly #bytes: Uint8Array<ArrayBuffer>

  /** Made by `phpKey`. */
  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.#bytes = bytes
  }

  /** A copy of the bytes of a key that `phpKey` made; `undefined` for anything else. */
  static bytesOf(key: unknown): Uint8Array<ArrayBuffer> | undefined {
    return typeof key === 'object' && key !== null && #bytes in key ? key.#bytes.slice() : undefined
  }
}

/**
 * Takes a text, or bytes, for a key as the PHP library does: filled up with NULs or cut to 32 bytes, never decoded. Such a key opens what the
 * PHP library sealed as well. A text is no good key: use it to take over a store, let what it sealed be sealed anew, and retire it. A process warns once
 * where a weak one seals.
 *
 * @throws {SessionError} `ERR_SESSION_CONFIG` for what is neither, and for an empty one.
 */
export function phpKey(key: string | Uint8Array): PhpKey {
  const given = typeof key === 'string' ? new TextEncoder().encode(key) : key instanceof Uint8Array ? key : new Uint8Array()
  if (given.length === 0) throw SessionError.config('keys', `phpKey() takes a text that is not empty, or bytes. ${MAKE_ONE}`)
  const bytes = new Uint8Array(KEY_BYTES)
  bytes.set(given.subarray(0, KEY_BYTES))
  return new PhpKey(bytes)
}

/**
 * Reads a key: 32 bytes, as they are, in base64 or in hex. The bytes are a copy.
 * @param option Where it stands. The key itself is in no message.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for one of another length or form, and for one that nobody's generator made.
 * @see OWASP ASVS 11.3.3: keys of a wrong length are refused, never filled up.
 */
export function keyBytes(option: string, key: unknown): Uint8Array<ArrayBuffer> {
  const bytes = key instanceof Uint8Array ? Uint8Array.from(key) : typeof key === 'string' ? decoded(key) : undefined
  const problem = bytes === undefined ? formProblem(key) : weakness(bytes)
  if (bytes === undefined || problem !== undefined) throw SessionError.config(option, `${problem ?? 'cannot be read.'} ${MAKE_ONE}`)
  return bytes
}

function decoded(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (HEX.test(text)) return Uint8Array.from({ length: KEY_BYTES }, (_, at) => Number.parseInt(text.slice(2 * at, 2 * at + 2), 16))
  if (!BASE64.test(text)) return undefined
  const characters = atob(text.replaceAll('-', '+').replaceAll('_', '/').replace(/=$/, ''))
  return Uint8Array.from(characters, (character) => character.charCodeAt(0))
}

function formProblem(key: unknown): string {
  if (key === '') return 'is empty.'
  if (typeof key === 'function') return 'is a function. One function gives the whole ring: keys: async () => ({ v1: ... }).'
  if (typeof key !== 'string') return 'must be 32 bytes: a Uint8Array, or their base64 or hex.'
  const prefix = key.startsWith('base64:')
    ? ' Leave out the prefix base64:, or take it literally, as the PHP library does, by phpKey().'
    : ''
  return `has ${key.length} characters and is neither the base64 nor the hex of 32 bytes.${prefix} A text that the PHP library used goes into phpKey().`
}

/** What shows that 32 bytes were not made by a generator. None of these happens to a random key in a lifetime. */
export function weakness(bytes: Uint8Array): string | undefined {
  if (bytes.length !== KEY_BYTES) return `has ${bytes.length} bytes, not ${KEY_BYTES}. Keys are never filled up or cut.`
  if (bytes.subarray(-MOST_ZEROS).every(isZero) || bytes.subarray(0, MOST_ZEROS).every(isZero)) return 'is filled up with zeros.'
  if (bytes.every(isPrintable)) return 'is a text, not random bytes.'
  if (new Set(bytes).size < FEWEST_DIFFERENT || isRegular(bytes)) return 'is not random: its bytes repeat, or follow a rule.'
  return undefined
}

function isZero(byte: number): boolean {
  return byte === 0
}

function isPrintable(byte: number): boolean {
  return (byte >= 0x20 && byte < 0x7f) || (byte >= 0x09 && byte <= 0x0d)
}

/** Whether the bytes, or the steps from each to the next, repeat. */
function isRegular(bytes: Uint8Array): boolean {
  const steps = bytes.map((byte, at) => byte - (bytes[at - 1] ?? 0)).subarray(1)
  for (let period = 1; period <= LONGEST_PERIOD; period++) {
    if (repeats(bytes, period) || (period <= LONGEST_PERIOD / 2 && repeats(steps, period))) return true
  }
  return false
}

function repeats(bytes: Uint8Array, period: number): boolean {
  return bytes.every((byte, at) => at < period || byte === bytes[at - period])
}
