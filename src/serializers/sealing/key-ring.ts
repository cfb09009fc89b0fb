import { SessionError } from '../../session/errors.ts'
import { knownFields } from '../../session/option-check.ts'
import { isObject } from '../../session/plain.ts'
import { DerivedKeys } from './derived-keys.ts'
import type { Engine } from './engine.ts'
import { isKeyName } from './envelope.ts'
import { PhpKey, keyBytes, weakness } from './key-text.ts'

/** 32 random bytes: as they are, or their base64 or hex. */
export type KeyMaterial = string | Uint8Array | PhpKey

/** `seals`: seals and opens; one key of a ring does. `opens`: opens what it once sealed. `retired`: opens nothing any more, and its name stays taken. */
export type KeyState = 'seals' | 'opens' | 'retired'

/** A key with what it is used for. A retired one may leave the key itself out. */
export type KeyEntry =
  | { readonly key: KeyMaterial; readonly state?: KeyState | undefined }
  | { readonly key?: KeyMaterial; readonly state: 'retired' }

/**
 * The keys by their names: up to 32 letters, digits, `-` and `_`, a letter first. The key with the state `seals` seals; where none says so, the
 * first without a state does. All others open, but those that are retired.
 */
export type KeyRingOptions = Readonly<Record<string, KeyMaterial | KeyEntry>>

/** A key of the ring that may be used. */
export interface RingKey {
  readonly name: string
  readonly derived: DerivedKeys
  /** Whether it opens texts of the PHP library as well. */
  readonly isPhp: boolean
}

let hasWarned = false
const STATES: readonly unknown[] = ['seals', 'opens', 'retired']
/** No key in base64 or hex is as short. */
const LONGEST_FIELD = 24

interface Read {
  readonly name: string
  readonly state: KeyState | undefined
  readonly bytes: Uint8Array<ArrayBuffer> | undefined
  readonly isPhp: boolean
}

/** A ring that has been checked. */
export class KeyRing {
  readonly sealing: RingKey
  readonly #usable: ReadonlyMap<string, RingKey>
  readonly #retired: ReadonlySet<string>
  readonly #keys: readonly Read[]

  /** @throws {SessionError} `ERR_SESSION_CONFIG`, naming the key and not showing it, for a ring that cannot be used. */
  constructor(options: unknown, engine: Engine) {
    const keys = readKeys(options)
    const sealer = sealerOf(keys)
    const usable = new Map<string, RingKey>()
    for (const { name, state, bytes, isPhp } of keys) {
      if (state === 'retired' || bytes === undefined) continue
      usable.set(name, { name, isPhp, derived: new DerivedKeys(engine.secret(bytes), engine) })
    }
    const sealing = usable.get(sealer)
    if (sealing === undefined) throw noSealer()
    const seals = keys.find(({ name }) => name === sealer)?.bytes
    if (sealing.isPhp && seals !== undefined && weakness(seals) !== undefined) warnOfWeakKey(sealer)
    this.sealing = sealing
    this.#usable = usable
    this.#retired = new Set(keys.filter(({ state }) => state === 'retired').map(({ name }) => name))
    this.#keys = keys
  }

  get(name: string): RingKey | undefined {
    return this.#usable.get(name)
  }

  isRetired(name: string): boolean {
    return this.#retired.has(name)
  }

  /** The keys that open, but for the one of this name. */
  others(name: string): RingKey[] {
    return [...this.#usable.values()].filter((key) => key.name !== name)
  }

  get opensPhp(): boolean {
    for (const { isPhp } of this.#usable.values()) if (isPhp) return true
    return false
  }

  /** Whether another ring has the same keys, for the same use. */
  isSameAs(other: KeyRing): boolean {
    if (this.sealing.name !== other.sealing.name || this.#keys.length !== other.#keys.length) return false
    return this.#keys.every((key, at) => isSameKey(key, other.#keys[at]))
  }
}

function isSameKey(one: Read, other: Read | undefined): boolean {
  if (one.name !== other?.name || one.isPhp !== other.isPhp || (one.state === 'retired') !== (other.state === 'retired')) return false
  return String(one.bytes) === String(other.bytes)
}

function readKeys(options: unknown): Read[] {
  if (!isObject(options) || Array.isArray(options)) {
    throw SessionError.config('keys', "must be an object of keys by their names, such as { v1: '...' }, or a function that gives one.")
  }
  const keys = Object.entries(options).map(([name, entry]) => readKey(name, entry))
  if (keys.length === 0) {
    throw SessionError.config('keys', 'Encryption requires at least one key in the key ring. Make one with: openssl rand -base64 32')
  }
  for (const [index, { name, bytes }] of keys.entries()) {
    const twin = keys.slice(0, index).find((other) => bytes !== undefined && String(other.bytes) === String(bytes))
    if (twin !== undefined) throw SessionError.config(`keys.${name}`, `is the same key as '${twin.name}'. Keys must differ.`)
  }
  return keys
}

/** As `knownFields`, for objects with keys in them: one in the wrong place is not shown. */
export function quietFields(option: string, value: unknown, fields: readonly string[]): void {
  const isObjectOfShortNames = isObject(value) && Object.keys(value).every((field) => field.length <= LONGEST_FIELD)
  if (isObjectOfShortNames) return knownFields(option, value, fields)
  throw SessionError.config(option === '' ? 'options' : option, `must be an object with no other fields than ${fields.join(', ')}.`)
}

function readKey(name: string, entry: unknown): Read {
  if (!isKeyName(name)) {
    // It may be a key in the wrong place: it is not shown.
    throw SessionError.config(
      'keys',
      "has a name that is not 1 to 32 letters, digits, '-' and '_' with a letter first. Name keys like v1, v2.",
    )
  }
  const option = `keys.${name}`
  const isPlain = !isObject(entry) || entry instanceof Uint8Array || PhpKey.bytesOf(entry) !== undefined
  if (!isPlain) quietFields(option, entry, ['key', 'state'])
  const key: unknown = isPlain ? entry : Reflect.get(entry, 'key')
  const given: unknown = isPlain ? undefined : Reflect.get(entry, 'state')
  if (given !== undefined && !isState(given)) throw SessionError.config(`${option}.state`, `must be one of ${STATES.join(', ')}.`)
  const php = PhpKey.bytesOf(key)
  const bytes = php ?? (given === 'retired' && key === undefined ? undefined : keyBytes(option, key))
  return { name, state: given, bytes, isPhp: php !== undefined }
}

// A wrong one is not shown: it may be a key.
function isState(state: unknown): state is KeyState {
  return STATES.includes(state)
}

/** The name of the key that seals. */
function sealerOf(keys: readonly Read[]): string {
  const [first, second] = keys.filter(({ state }) => state === 'seals')
  if (first !== undefined && second !== undefined) {
    throw SessionError.config(`keys.${second.name}.state`, `is 'seals', and so is that of '${first.name}'. One key seals.`)
  }
  const sealer = first ?? keys.find(({ state }) => state === undefined)
  if (sealer === undefined) throw noSealer()
  return sealer.name
}

function noSealer(): SessionError {
  return SessionError.config('keys', "has no key that seals: give one the state 'seals'.")
}

/** A text of the PHP library that goes on sealing is as weak as it was there. */
function warnOfWeakKey(name: string): void {
  const process: unknown = Reflect.get(globalThis, 'process')
  const warn: unknown = isObject(process) ? Reflect.get(process, 'emitWarning') : undefined
  if (hasWarned || typeof warn !== 'function') return
  hasWarned = true
  const message = `The key '${name}' that seals sessions is a text, or filled up. Seal with a random key, and let this one open: openssl rand -base64 32`
  Reflect.apply(warn, process, [message, { type: 'HoldfastWarning', code: 'HOLDFAST_WEAK_KEY' }])
}
