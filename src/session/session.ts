/// <reference lib="esnext.disposable" preserve="true" />
import type { AttributeBag } from './attribute-bag.ts'
import { SessionError } from './errors.ts'
import type { FlashBag } from './flash-bag.ts'
import type { MetadataBag } from './metadata-bag.ts'
import { knownFields } from './option-check.ts'
import type { DefaultData, NumberPath, Path, PathInput, PathValue, PathValueOr } from './path-types.ts'
import type { SessionBag } from './session-bag.ts'
import type { RegenerateOptions, SaveOptions, SessionEnd, SessionLifecycle, WatchOptions } from './session-lifecycle.ts'
import { SessionOwner } from './session-owner.ts'
import type { AnyData, Concurrency, SessionState } from './session-state.ts'

/**
 * One visitor's session during one request. Reading and writing are synchronous; what was written is stored by the commit,
 * which an adapter makes before the first byte of the response.
 *
 * In an exclusive session `get` gives the live value, and a change in place is a change like any other. In one that merges, and in a read-only one,
 * plain objects and arrays are frozen, and other kinds are copies.
 *
 * Every data method throws `ERR_SESSION_NOT_STARTED` before `start`; every write throws `ERR_SESSION_CLOSED` after the commit
 * and `ERR_SESSION_READONLY` in a read-only session.
 */
export class Session<in out Data extends object = DefaultData> extends SessionOwner {
  readonly #state: SessionState
  readonly #lifecycle: SessionLifecycle

  /** Sessions are made by a `SessionManager`. */
  constructor(state: SessionState, lifecycle: SessionLifecycle) {
    super(state)
    this.#state = state
    this.#lifecycle = lifecycle
  }

  /** The secret of the cookie, empty before `start` and after `destroy`. Show it nowhere: it is the login. */
  get id(): string {
    const { status } = this.#state
    return status === 'idle' || status === 'ended' ? '' : this.#state.id
  }

  /** The cookie's name, before any prefix. */
  get name(): string {
    return this.#lifecycle.name
  }

  /** The public name of the stored session: `undefined` before it is stored. It stays when the id changes, opens nothing, and names it to `sessions.revoke`. */
  get handle(): string | undefined {
    return this.#lifecycle.handle
  }

  /** Whether it is open: started, and not yet committed, saved, released or destroyed. */
  get isStarted(): boolean {
    return this.#state.status === 'open'
  }

  /** Whether the store does not know it yet. */
  get isNew(): boolean {
    return this.#state.isNew
  }

  /** Whether a method changed something. A change in place is not seen here; the commit sees it. */
  get isDirty(): boolean {
    return this.#state.attributes.isChanged || this.#state.flashes.isChanged || this.#state.metadata.isChanged
  }

  /** How it was opened. */
  get mode(): Concurrency {
    return this.#state.mode
  }

  /** Aborts when the lock is lost or held for longer than `lock.maxHoldSeconds`, and when the client has hung up for good. Hand it to slow work. */
  get signal(): AbortSignal {
    return this.#lifecycle.signal
  }

  /** Gives the value under a dotted key, or the default when there is none. A stored `null` is given as `null`. */
  get<Key extends string>(key: Path<Data, Key>): PathValue<Data, Key>
  get<Key extends string, Fallback>(key: Path<Data, Key>, fallback: Fallback): PathValueOr<Data, Key, Fallback>
  get(key: string, fallback?: unknown): unknown {
    return this.#readable().attributes.get(key, fallback)
  }

  /**
   * Sets the value under a dotted key, making the objects in between. An array takes its indexes and the one behind its end.
   * @throws {SessionError} `ERR_SESSION_INVALID_ARGUMENT` for `__proto__`, `constructor` and `prototype`, an index past the end, and reserved names.
   */
  set<Key extends string>(key: Path<Data, Key>, value: PathInput<Data, Key>): void
  set(key: string, value: unknown): void {
    this.#state.attributes.set(key, value)
  }

  /** Whether there is a value under a dotted key. `null` and `undefined` count as none. */
  has<Key extends string>(key: Path<Data, Key>): boolean
  has(key: string): boolean {
    return this.#readable().attributes.has(key)
  }

  /** Removes what is under a dotted key; from an array it takes the element out, and what follows moves up. */
  forget<Key extends string>(key: Path<Data, Key>): void
  forget(key: string): void {
    this.#state.attributes.forget(key)
  }

  /** Gives the value under a dotted key and removes it. */
  pull<Key extends string>(key: Path<Data, Key>): PathValue<Data, Key>
  pull<Key extends string, Fallback>(key: Path<Data, Key>, fallback: Fallback): PathValueOr<Data, Key, Fallback>
  pull(key: string, fallback?: unknown): unknown {
    return this.#state.attributes.pull(key, fallback)
  }

  /**
   * Adds to the number under a dotted key, a missing one counting as 0, and gives the sum.
   * @throws {SessionError} `ERR_SESSION_INVALID_ARGUMENT` when something else is there, or the sum is no safe number.
   */
  increment<Key extends string>(key: NumberPath<Data, Key>, by?: number): number
  increment(key: string, by = 1): number {
    return this.#state.attributes.increment(key, by)
  }

  /** A copy of all attributes, the CSRF token among them. */
  all(): Partial<Data>
  all(): Record<string, unknown> {
    return this.#readable().attributes.all()
  }

  /** Removes all attributes; flash data and the user stay. To end a session use `invalidate` or `destroy`. */
  clear(): void {
    this.#state.attributes.clear()
  }

  /** Keeps a value for the next request; it can be read in this one too. The key is literal, without dots. */
  flash(key: string, value: unknown): void {
    this.#state.flashes.set(key, value)
  }

  /** Gives a flashed value, or the default when there is none. Reading does not use it up. */
  getFlash(key: string, fallback?: unknown): unknown {
    return this.#readable().flashes.get(key, fallback)
  }

  /** Keeps all flash data for one more request. */
  reflash(): void {
    this.#state.flashes.reflash()
  }

  /** Keeps these flash keys for one more request; unknown ones are ignored. */
  keep(...keys: string[]): void {
    this.#state.flashes.keep(...keys)
  }

  /** Flashes a value for this request alone. */
  now(key: string, value: unknown): void {
    this.#state.flashes.now(key, value)
  }

  /**
   * The CSRF token, made on first use, or when the session is first stored: 80 hex digits. In HTML use `csrfField`. In a session that takes no writes although its request
   * asked for some (its id was just replaced, its store is down) it is one that nothing will match, so that a page can be rendered.
   * @throws {SessionError} `ERR_SESSION_READONLY` with `concurrency: 'readonly'` where no token was made before.
   */
  token(): string {
    const state = this.#readable()
    return state.token ?? (state.readonlyWhy === undefined ? this.regenerateToken() : state.passingToken)
  }

  /** The CSRF token if one was made. Asking makes none. */
  get currentToken(): string | undefined {
    return this.#readable().token
  }

  /** Makes a new CSRF token and gives it. Forms rendered before are refused from now on. */
  regenerateToken(): string {
    this.#state.assertWritable()
    return this.#state.makeToken()
  }

  /** The attributes as a bag. */
  get attributes(): AttributeBag<AnyData> {
    return this.#readable().attributes
  }

  /** The flash data as a bag. */
  get flashes(): FlashBag {
    return this.#readable().flashes
  }

  /** What is known of the session beside its data, as a bag. */
  get metadata(): MetadataBag {
    return this.#readable().metadata
  }

  /** @throws {SessionError} `ERR_SESSION_INVALID_ARGUMENT` when the manager was given no bag of that name. */
  bag(name: string): SessionBag {
    const state = this.#readable()
    const known = [state.attributes, state.flashes, state.metadata].find((bag) => bag.name === name) ?? state.ownBags.find(name)
    if (known !== undefined) return known
    throw SessionError.invalidArgument('bag', `there is no bag '${name}'. Give the manager one by its option 'bags'.`)
  }

  /**
   * Starts it, or opens it again after `save`; behind an adapter a session that is closed stays so. An id that the store does not know is never
   * used: a new one is made.
   * @throws {SessionError} `ERR_SESSION_ALREADY_STARTED` when it is open under another id; and what opening can throw: see `SessionManager.start`.
   */
  start(id?: string): Promise<boolean> {
    return this.#lifecycle.start(id)
  }

  /**
   * Stores what was set. Resolves when it is stored, and otherwise throws: see `SessionManager.start`. After a failure nothing of this session is stored any
   * more, and each further `save` and the end of the request fail with it, until `invalidate` or `destroy` ends it, or it is released and started anew.
   */
  save(options: SaveOptions = {}): Promise<void> {
    knownFields('save', options, ['keepOpen'])
    return this.#lifecycle.save(options)
  }

  /** Gives the lock back without storing anything, and closes the session. */
  release(): Promise<void> {
    return this.#lifecycle.release()
  }

  /**
   * Gives the session a new id, known at once; the old one works until this request is committed.
   * @see OWASP ASVS 7.2.4: with `destroy: true` at each login and change of rights.
   */
  regenerate(options: RegenerateOptions = {}): Promise<void> {
    knownFields('regenerate', options, ['destroy', 'keepToken'])
    return this.#lifecycle.regenerate(options)
  }

  /** Ends the stored session before it resolves, drops all data, and goes on as a new session under a new id. */
  invalidate(): Promise<void> {
    return this.#lifecycle.invalidate()
  }

  /** Ends the session before it resolves; the response clears the cookie. No request that is still running can bring it back. */
  destroy(): Promise<void> {
    return this.#lifecycle.destroy()
  }

  /** Drops what was set since the start, and reads the session again. */
  reload(): Promise<void> {
    return this.#lifecycle.reload()
  }

  /**
   * Resolves when the stored session has ended: for what outlives its request, such as a WebSocket or an event source. It works while the session is open and
   * as well after it was stored or released. A new id that keeps the rights is followed, one of a login is an end.
   *
   * Watching takes no lock, and is no use of the session: it ends as if nobody watched. What this manager ends itself is told at once, all else at the next look.
   * A look that fails is a `trouble` event and no end. The promise always comes to an end and rejects only at once, when it cannot be watched.
   * @throws {SessionError} `ERR_SESSION_NOT_STARTED`; `ERR_SESSION_INVALID_ARGUMENT` while there is nothing stored to be watched; `ERR_SESSION_CONFIG`
   * for an option that is unknown or cannot work.
   * @see OWASP ASVS 7.4.1, 4.4.3.
   */
  watch(options: WatchOptions = {}): Promise<SessionEnd> {
    return this.#lifecycle.watch(options)
  }

  /** For `await using`: gives the lock back however the block ends. What was not saved is dropped. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#lifecycle.release()
  }

  #readable(): SessionState {
    this.#state.assertStarted()
    return this.#state
  }
}
