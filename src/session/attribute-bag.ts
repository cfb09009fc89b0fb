import { TOKEN_KEY } from './csrf-token.ts'
import { checkKey, forgetPath, getPath, hasPath, setPath } from './dot-path.ts'
import { SessionError } from './errors.ts'
import { mergeable } from './merge-rules.ts'
import type { Journal } from './journal.ts'
import type { DefaultData, NumberPath, Path, PathInput, PathValue, PathValueOr } from './path-types.ts'
import { copyOf, isObject, setOwn } from './plain.ts'
import type { SessionBag, WriteGuard } from './session-bag.ts'

/** What a session tells its attributes. Alone, a bag needs none of it. */
export interface AttributeBagOptions {
  /** Called before each change; it throws when the session takes none. Default: every change is taken. */
  readonly guard?: WriteGuard | undefined
  /** First segments that no key may have: the storage keys of other bags, `_token`, `_meta`. Default: none. */
  readonly reserved?: ReadonlySet<string> | undefined
  /** Where each change is noted, to be made again on what others have stored. What is set is copied then. Default: nowhere. */
  readonly journal?: Journal | undefined
}

const NOTHING: ReadonlySet<string> = new Set()

/**
 * The attributes of a session under dotted keys.
 *
 * Values are kept as they are, not copied: a change in place of what was set, or of what `get` gave, is a change like any other.
 * After `freeze` a change in place cannot happen instead. A stored `undefined` reads as if nothing were there.
 */
export class AttributeBag<in out Data extends object = DefaultData> implements SessionBag {
  readonly name = 'attributes'
  readonly storageKey = '_attributes'
  readonly #guard: WriteGuard | undefined
  readonly #reserved: ReadonlySet<string>
  readonly #journal: Journal | undefined
  #data: Record<string, unknown> = {}
  #isFrozen = false
  #isLent = false
  #isChanged = false
  #isSimple = false

  constructor(options: AttributeBagOptions = {}) {
    this.#guard = options.guard
    this.#reserved = options.reserved ?? NOTHING
    this.#journal = options.journal
  }

  /** The object that the attributes live in. Whoever writes to it by hand is not noticed. */
  get data(): Record<string, unknown> {
    this.#isSimple = false
    return this.#data
  }

  /** True once a method changed something since `initialize` or `markSaved`. */
  get isChanged(): boolean {
    return this.#isChanged
  }

  /** False as long as the data is certainly as it was: nothing was changed, and nothing handed out that can be changed in place. */
  get isTouched(): boolean {
    return this.#isChanged || this.#isLent
  }

  /** True as long as all that was put in since `initializeRestored` is what JSON keeps by itself, and no object was handed out. */
  get isSimplyChanged(): boolean {
    return this.#isSimple && !this.#isLent
  }

  initialize(data: Record<string, unknown>): void {
    this.#data = data
    this.#isChanged = false
    this.#isLent = false
    this.#isSimple = false
  }

  /** As `initialize`, for what a serializer has just restored and nobody has seen. */
  initializeRestored(data: Record<string, unknown>): void {
    this.initialize(data)
    this.#isSimple = true
  }

  /** From now on `get` gives copies, with plain objects and arrays frozen: for a session in which a change in place is not kept. */
  freeze(): void {
    this.#isFrozen = true
  }

  /** The data is stored as it is now. What was handed out before may still change in place. */
  markSaved(): void {
    this.#isChanged = false
  }

  /**
   * Reads a value. A miss gives `undefined`, or `fallback`; a stored `null` is no miss.
   *
   * @throws {SessionError} `ERR_SESSION_INVALID_ARGUMENT` when the key is no string, or has more than 64 segments.
   */
  get<P extends string>(key: Path<Data, P>): PathValue<Data, P>
  get<P extends string, Fallback>(key: Path<Data, P>, fallback: Fallback): PathValueOr<Data, P, Fallback>
  get(key: string, fallback?: unknown): unknown {
    const value = getPath(this.#data, key)
    if (value === undefined) return fallback
    if (!isObject(value)) return value
    if (this.#isFrozen) return copyOf(value, true)
    this.#isLent = true
    return value
  }

  /** Says whether there is a value. `null` counts as none; `false`, `0`, `''` and `[]` count as values. */
  has<P extends string>(key: Path<Data, P>): boolean
  has(key: string): boolean {
    return hasPath(this.#data, key)
  }

  /**
   * Keeps a value. A scalar or `null` in the way of the key becomes a branch; an array takes an index up to its length.
   *
   * @throws {SessionError} `ERR_SESSION_INVALID_ARGUMENT` for a reserved key, for one with `__proto__`, `constructor` or
   * `prototype` in it, for more than 64 segments, and for what an array cannot take. Nothing has changed then.
   */
  set<P extends string>(key: Path<Data, P>, value: PathInput<Data, P>): void
  set(key: string, value: unknown): void {
    this.#set(key, value)
  }

  #set(key: string, value: unknown): void {
    this.#beforeWrite('set', key)
    if (this.#journal === undefined) setPath(this.#data, key, value)
    else {
      const kept = copyOf(value)
      const fits = mergeable(this.#data, key, 'set')
      setPath(this.#data, key, copyOf(value))
      this.#journal.record(() => {
        fits(this.#data)
        this.#set(key, kept)
      })
    }
    this.#isChanged = true
    if (isSimple(value)) return
    this.#isSimple = false
    // Whoever set it still has it, and may change it in place after a save.
    this.#isLent = true
  }

  /**
   * Reads a value as `get` does, and removes it.
   *
   * @throws {SessionError} `ERR_SESSION_INVALID_ARGUMENT` for a reserved key, and as `get`.
   */
  pull<P extends string>(key: Path<Data, P>): PathValue<Data, P>
  pull<P extends string, Fallback>(key: Path<Data, P>, fallback: Fallback): PathValueOr<Data, P, Fallback>
  pull(key: string, fallback?: unknown): unknown {
    this.#beforeWrite('pull', key)
    const value = getPath(this.#data, key)
    if (value !== undefined) this.#noteRemoval('pull', key)
    if (forgetPath(this.#data, key)) this.#isChanged = true
    if (value === undefined) return fallback
    return this.#isFrozen ? copyOf(value, true) : value
  }

  /**
   * Removes a value. The branch that it stood in stays, even when empty; the later elements of an array move up.
   *
   * @throws {SessionError} `ERR_SESSION_INVALID_ARGUMENT` for a reserved key, and as `get`.
   */
  forget<P extends string>(key: Path<Data, P>): void
  forget(key: string): void {
    this.#forget(key)
  }

  #forget(key: string): void {
    this.#beforeWrite('forget', key)
    this.#noteRemoval('forget', key)
    if (forgetPath(this.#data, key)) this.#isChanged = true
  }

  /**
   * Adds to a number and returns the sum. A missing number, or `null`, counts as 0.
   *
   * @param by May be negative or a fraction. Default: 1.
   * @throws {SessionError} `ERR_SESSION_INVALID_ARGUMENT` when something else than a number is there, when `by` is no finite
   * number, when the sum is past 2^53 - 1 either way, and as `set`.
   */
  increment<P extends string>(key: NumberPath<Data, P>, by?: number): number
  increment(key: string, by = 1): number {
    return this.#increment(key, by)
  }

  #increment(key: string, by: number): number {
    this.#beforeWrite('increment', key)
    const before = getPath(this.#data, key) ?? 0
    if (typeof before !== 'number') {
      throw SessionError.invalidArgument('increment', `a value of type ${typeof before} is at '${key}'; only a number can be raised.`)
    }
    if (!Number.isFinite(by)) throw SessionError.invalidArgument('increment', 'the amount must be a finite number.')
    const after = before + by
    if (!(Math.abs(after) <= Number.MAX_SAFE_INTEGER)) {
      throw SessionError.invalidArgument('increment', `the sum at '${key}' is past what a number holds exactly. Nothing was changed.`)
    }
    const fits = this.#journal && mergeable(this.#data, key, 'set')
    setPath(this.#data, key, after)
    this.#isChanged = true
    this.#journal?.record(() => {
      fits?.(this.#data)
      this.#increment(key, by)
    })
    return after
  }

  /** A copy of all attributes, in depth. What other bags keep is not in it; the CSRF token, under `_token`, is. */
  all(): Partial<Data>
  all(): Record<string, unknown> {
    const attributes: Record<string, unknown> = {}
    for (const key of Object.keys(this.#data)) {
      if (key === TOKEN_KEY || !this.#reserved.has(key)) setOwn(attributes, key, this.#data[key])
    }
    return copyOf(attributes)
  }

  /** Removes all attributes and returns them. What stands under reserved keys stays: other bags, and the CSRF token. */
  clear(): Record<string, unknown> {
    this.#guard?.()
    this.#journal?.record(() => this.clear())
    const removed: Record<string, unknown> = {}
    for (const key of Object.keys(this.#data)) {
      if (this.#reserved.has(key)) continue
      setOwn(removed, key, this.#data[key])
      delete this.#data[key]
      this.#isChanged = true
    }
    return removed
  }

  /** Reads what the session itself keeps under a reserved key. */
  getReserved(key: string): unknown {
    return Object.hasOwn(this.#data, key) ? this.#data[key] : undefined
  }

  /** Keeps a text under a reserved key, for the session itself. The guard is not asked. */
  setReserved(key: string, value: string): void {
    this.#journal?.record(() => this.setReserved(key, value))
    setOwn(this.#data, key, value)
    this.#isChanged = true
  }

  #noteRemoval(method: 'pull' | 'forget', key: string): void {
    if (this.#journal === undefined) return
    const fits = mergeable(this.#data, key, method)
    this.#journal.record(() => {
      fits(this.#data)
      this.#forget(key)
    })
  }

  #beforeWrite(method: string, key: string): void {
    this.#guard?.()
    checkKey(method, key)
    const dot = key.indexOf('.')
    const first = dot < 0 ? key : key.slice(0, dot)
    if (this.#reserved.has(first)) {
      throw SessionError.invalidArgument(
        method,
        `the key '${first}' is reserved: the session keeps something of its own there. Choose another.`,
      )
    }
  }
}

// What JSON gives back as it was.
function isSimple(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0)
  return typeof value === 'string' || typeof value === 'boolean' || value === null
}
