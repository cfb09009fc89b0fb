import { checkKey } from './dot-path.ts'
import type { Journal } from './journal.ts'
import { copyOf, isObject, setOwn } from './plain.ts'
import { sameValue } from './same-value.ts'
import type { SessionBag, WriteGuard } from './session-bag.ts'

/** What a session tells its flash data. Alone, a bag needs none of it. */
export interface FlashBagOptions {
  /** Called before each change; it throws when the session takes none. Default: every change is taken. */
  readonly guard?: WriteGuard | undefined
  /** Where each change is noted, to be made again on what others have stored. Default: nowhere. */
  readonly journal?: Journal | undefined
}

/**
 * Values for the next request, such as the message after a redirect.
 *
 * What was loaded is shown in this request and then gone, read or not. Keys are taken as they are written: no dots, no forbidden
 * names. Of several calls for one key the last decides whether it lives on.
 */
export class FlashBag implements SessionBag {
  readonly name = 'flash'
  readonly storageKey = '_flash'
  readonly #guard: WriteGuard | undefined
  readonly #journal: Journal | undefined
  #data: Record<string, unknown> = {}
  #givesCopies = false
  #isFrozen = false
  #isLent = false
  // Most requests have no flash data, and need no sets.
  /** The keys that the next request will see. */
  #next: Set<string> | undefined
  /** The keys whose value is the stored one, and how many keys are stored. */
  #asStored: Set<string> | undefined
  #storedCount = 0
  /** What was loaded for this request to show, and has not been stored without it yet. */
  #seen: Record<string, unknown> | undefined

  constructor(options: FlashBagOptions = {}) {
    this.#guard = options.guard
    this.#journal = options.journal
  }

  /**
   * True unless what is stored is certainly what must be stored at the end of this request: a loaded value that goes is a change,
   * one that is kept is none, unless it was handed out and can have been changed in place.
   */
  get isChanged(): boolean {
    if (this.#isFrozen) return false
    const count = this.#next?.size ?? 0
    if (count !== this.#storedCount || (this.#isLent && count > 0)) return true
    if (this.#next !== undefined) for (const key of this.#next) if (this.#asStored?.has(key) !== true) return true
    return false
  }

  /** Takes over what was stored: all of it is shown in this request, and none of it lives on by itself. */
  initialize(data: Record<string, unknown>): void {
    this.#data = data
    this.#next = undefined
    const keys = Object.keys(data)
    this.#asStored = keys.length === 0 ? undefined : new Set(keys)
    this.#storedCount = keys.length
    this.#isLent = false
    if (this.#journal !== undefined) this.#seen = { ...data }
  }

  /** Takes over what others have stored meanwhile. Of that, what this request has not seen is not its to remove. */
  rebase(data: Record<string, unknown>): void {
    const seen = this.#seen ?? {}
    const keys = Object.keys(data)
    this.#next = new Set(keys.filter((key) => !Object.hasOwn(seen, key) || !sameValue(seen[key], data[key])))
    this.#asStored = new Set(keys)
    this.#storedCount = keys.length
    const shown = { ...this.#data }
    for (const key of keys) setOwn(shown, key, data[key])
    this.#data = shown
  }

  /** What `pending` gave was stored: what this request has shown is gone from the store, and what is there is for the next. */
  markStored(): void {
    this.#seen = undefined
  }

  /** From now on values are shown as copies, with plain objects and arrays frozen, and nothing ages: for a session that is not stored. */
  freeze(): void {
    this.#isFrozen = true
    this.#givesCopies = true
  }

  /** From now on values are shown as `freeze` says, but age: for a session in which a change in place is not kept. */
  giveCopies(): void {
    this.#givesCopies = true
  }

  /** What `pending` gives is stored now. */
  markSaved(): void {
    this.#asStored = this.#next && new Set(this.#next)
    this.#storedCount = this.#next?.size ?? 0
  }

  /** Reads a value without using it up. A miss and a stored `null` give `undefined`, or `fallback`. */
  get(key: string, fallback?: unknown): unknown {
    checkKey('getFlash', key)
    const value = Object.hasOwn(this.#data, key) ? this.#data[key] : undefined
    if (value === undefined || value === null) return fallback
    if (!isObject(value)) return value
    if (this.#givesCopies) return copyOf(value, true)
    this.#isLent = true
    return value
  }

  /** Says whether the key is there; `null` counts as a value. */
  has(key: string): boolean {
    return Object.hasOwn(this.#data, key)
  }

  /** A copy of all that this request sees. */
  visible(): Record<string, unknown> {
    return copyOf(this.#data)
  }

  /** Keeps a value for the next request. It can be read in this one too. */
  set(key: string, value: unknown): void {
    this.#write('flash', key, value, (kept) => this.set(key, kept))
    this.#keepNext(key)
  }

  /** Shows a value in this request only. */
  now(key: string, value: unknown): void {
    const takesBack = this.#next?.has(key) === true
    this.#write('now', key, value, (kept) => {
      // What others have flashed meanwhile, nobody has seen.
      if (takesBack || this.#next?.has(key) !== true) this.now(key, kept)
    })
    this.#next?.delete(key)
  }

  /** Keeps these for one more request. Unknown keys are ignored. */
  keep(...keys: readonly string[]): void {
    this.#guard?.()
    this.#keep(keys)
  }

  #keep(keys: readonly string[]): void {
    for (const key of keys) {
      if (!this.has(key)) continue
      // What others have removed meanwhile stays so; what only this request shows is stored like a new value.
      if (this.#asStored?.has(key) === true) this.#journal?.record(() => this.#keepStored(key))
      else this.#note(this.#data[key], (kept) => this.set(key, kept))
      this.#keepNext(key)
    }
  }

  /** Keeps everything for one more request, also what `now` shows. */
  reflash(): void {
    this.keep(...Object.keys(this.#data))
  }

  /** As `reflash`, for the session itself. The guard is not asked. */
  keepLoaded(): void {
    this.#keep(Object.keys(this.#data))
  }

  /** Removes everything, for this request and the next, and returns what this request saw. */
  clear(): Record<string, unknown> {
    this.#guard?.()
    this.#journal?.record(() => this.clear())
    const removed: Record<string, unknown> = {}
    for (const key of Object.keys(this.#data)) {
      setOwn(removed, key, this.#data[key])
      delete this.#data[key]
    }
    this.#next = undefined
    return removed
  }

  /** Removes what does not live on. For a bag that is used without a session, before its object is stored; a session does it by `pending`. */
  clearOldData(): void {
    this.#guard?.()
    for (const key of Object.keys(this.#data)) if (this.#next?.has(key) !== true) delete this.#data[key]
  }

  /** What must be stored at the end of this request, in a new object. What the request sees stays as it is. */
  pending(): Record<string, unknown> {
    const stored: Record<string, unknown> = {}
    for (const key of Object.keys(this.#data)) if (this.#next?.has(key) === true) setOwn(stored, key, this.#data[key])
    return stored
  }

  #keepNext(key: string): void {
    this.#next ??= new Set()
    this.#next.add(key)
  }

  #keepStored(key: string): void {
    if (this.#asStored?.has(key) === true) this.#keepNext(key)
  }

  #note(value: unknown, operation: (kept: unknown) => void): void {
    if (this.#journal === undefined) return
    const kept = copyOf(value)
    this.#journal.record(() => operation(kept))
  }

  #write(method: string, key: string, value: unknown, again: (kept: unknown) => void): void {
    this.#guard?.()
    checkKey(method, key)
    this.#note(value, again)
    setOwn(this.#data, key, this.#journal === undefined ? value : copyOf(value))
    // Whoever set it still has it, and may change it in place after a save.
    if (isObject(value) && !this.#givesCopies) this.#isLent = true
    this.#asStored?.delete(key)
  }
}
