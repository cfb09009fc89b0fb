import { checkKey } from './dot-path.ts'
import { SessionError } from './errors.ts'
import type { Journal } from './journal.ts'
import { copyOf, isObject, setOwn } from './plain.ts'
import { storedLifetime } from './own-lifetime.ts'
import type { SessionLifetime } from './own-lifetime.ts'
import { textIn } from './place.ts'
import type { Place } from './place.ts'
import { ipAddressOf, userAgentOf, userIdOf } from './request-info.ts'
import type { SessionBag, WriteGuard } from './session-bag.ts'

/** What the bag needs to know. */
export interface MetadataBagOptions {
  /** The time now, in Unix milliseconds. */
  readonly clock: () => number
  /** Called before each change; it throws when the session takes none. Default: every change is taken. */
  readonly guard?: WriteGuard | undefined
  /** Where each change is noted, to be made again on what others have stored. Default: nowhere. */
  readonly journal?: Journal | undefined
  /** True where address and user agent are kept with the data, and in no column of the record. Default: false. */
  readonly isSealed?: boolean | undefined
}

/** Where values of the application's own beside the metadata live among the attributes. */
export const METADATA_KEY = '_meta'
const LEVEL_KEY = 'auth_level'
const LIFETIME_KEY = 'own_lifetime'
const STAMPS: ReadonlySet<string> = new Set(['created_at', 'last_used_at'])
const KEPT_BY_SESSION: ReadonlySet<string> = new Set([...STAMPS, LEVEL_KEY, LIFETIME_KEY])
const IN_RECORD: ReadonlySet<string> = new Set([...STAMPS, 'user_id', 'ip_address', 'user_agent'])

/** What is known about a session beside its contents: when it began and was last used, whose it is, where the request came from. */
export class MetadataBag implements SessionBag {
  readonly name = 'metadata'
  readonly storageKey: string = METADATA_KEY
  readonly isSealed: boolean
  readonly #clock: () => number
  readonly #guard: WriteGuard | undefined
  readonly #journal: Journal | undefined
  #data: Record<string, unknown> = {}
  /** The user agent of the request, as it came: it is brought to its form, and put with the data, when somebody asks. */
  #seenAgent: string | undefined
  #thresholdSeconds = 0
  #isChanged = false
  #isProven = false
  /** A lifetime was asked for since then. */
  #isLifetimeAsked = false

  constructor(options: MetadataBagOptions) {
    this.#clock = options.clock
    this.#guard = options.guard
    this.#journal = options.journal
    this.isSealed = options.isSealed === true
  }

  /** True once a value was changed, a stamp excepted, since `initialize` or `markSaved`. */
  get isChanged(): boolean {
    return this.#isChanged
  }

  /** Takes over what was stored, and the user agent of the request, which by itself is no change. A stamp that is missing, or no whole number, becomes now. */
  initialize(data: Record<string, unknown>, seenAgent?: string): void {
    this.#data = data
    this.#seenAgent = seenAgent
    const now = this.#nowSeconds()
    data['created_at'] = this.#stamp('created_at', now)
    data['last_used_at'] = this.#stamp('last_used_at', now)
    this.markSaved()
  }

  /** What was seen of the request is to be stored, though nobody set it. */
  markChanged(): void {
    this.#journal?.record(() => this.markChanged())
    this.#isChanged = true
  }

  /** The data is stored as it is now. */
  markSaved(): void {
    this.#isProven = false
    this.#isLifetimeAsked = false
    this.#isChanged = false
  }

  /** When the session began, in Unix seconds. */
  getCreatedAt(): number {
    return this.#stamp('created_at')
  }

  /** When the session was last used, in Unix seconds. */
  getLastUsedAt(): number {
    return this.#stamp('last_used_at')
  }

  /**
   * How much later than the last stamp `stampNew` makes the next. Default: 0 seconds, every time.
   *
   * @throws {SessionError} `ERR_SESSION_INVALID_ARGUMENT` for anything but zero or more whole seconds.
   */
  setUpdateThreshold(seconds: number): void {
    if (!Number.isSafeInteger(seconds) || seconds < 0) {
      throw SessionError.invalidArgument('setUpdateThreshold', 'the threshold must be a whole number of seconds, 0 or more.')
    }
    this.#thresholdSeconds = seconds
  }

  /** Sets the last use to now, when it was at least the threshold ago. */
  stampNew(): void {
    this.#guard?.()
    const now = this.#nowSeconds()
    if (now - this.getLastUsedAt() >= this.#thresholdSeconds) this.#data.last_used_at = now
  }

  /** Whose session this is. */
  get userId(): string | undefined {
    return textIn(this.#data, 'user_id')
  }

  /**
   * Says whose session this is; `null` says nobody's. A number is kept as text.
   *
   * @throws {SessionError} `ERR_SESSION_INVALID_ARGUMENT` for an empty text, one of more than 255 characters, with control
   * characters, line separators or half a character (a lone surrogate), and for a number that is no safe integer.
   */
  setUserId(userId: string | number | null | undefined): void {
    this.#putUserId(userIdOf(userId))
  }

  // How well somebody else proved who they are counts for nothing any more, nor how long they want to be remembered.
  #putUserId(userId: string | undefined): void {
    const isOther = userId !== this.userId
    this.#put('user_id', userId)
    if (isOther) this.#journal?.requireLock()
    this.#journal?.record(() => this.#putUserId(userId))
    if (userId === undefined || (isOther && !this.#isProven)) this.#remove(LEVEL_KEY)
    if (isOther && !this.#isLifetimeAsked) this.#remove(LIFETIME_KEY)
  }

  /** How well the user last proved who they are: 0 for not at all, else what `markAuthenticated` was given. */
  get level(): number {
    const level = this.#data[LEVEL_KEY]
    return Number.isSafeInteger(level) ? Number(level) : 0
  }

  /** Whether the user proved who they are since the data was last stored. */
  get isProven(): boolean {
    return this.#isProven
  }

  /** Notes how well the user has just proved who they are; 0 forgets it. */
  setLevel(level: number): void {
    this.#put(LEVEL_KEY, level === 0 ? undefined : level)
    this.#isProven = level > 0
    this.#isChanged = true
    const { userId } = this
    this.#journal?.record(() => {
      // What one user has proved says nothing of another.
      if (this.userId !== userId) throw SessionError.conflict('the user')
      this.setLevel(level)
    })
  }

  /** What `setLifetime` was given; `undefined` when it was not called. */
  get lifetime(): SessionLifetime | undefined {
    return storedLifetime(this.#data[LIFETIME_KEY])
  }

  /** Keeps how long the session is to live; nothing in it forgets it. What one user asked for is not for the next. */
  setLifetime({ idleSeconds, absoluteSeconds, persistent }: SessionLifetime): void {
    const asked = Object.entries({ idleSeconds, absoluteSeconds, persistent }).filter(([, value]) => value !== undefined)
    this.#put(LIFETIME_KEY, asked.length === 0 ? undefined : Object.fromEntries(asked))
    this.#isLifetimeAsked = true
    this.#journal?.record(() => this.setLifetime({ idleSeconds, absoluteSeconds, persistent }))
  }

  /** The address that `setIpAddress` was given. */
  get ipAddress(): string | undefined {
    return textIn(this.#data, 'ip_address')
  }

  /**
   * Keeps the address of the request; `null` forgets it. The zone of an IPv6 address is cut off.
   *
   * @throws {SessionError} `ERR_SESSION_INVALID_ARGUMENT` for what is neither an IPv4 nor an IPv6 address.
   */
  setIpAddress(ipAddress: string | null | undefined): void {
    this.#putSeen('ip_address', ipAddressOf(ipAddress))
  }

  /** The user agent that `setUserAgent` was given, as it was kept. */
  get userAgent(): string | undefined {
    return textIn(this.#whole, 'user_agent')
  }

  /**
   * Keeps the user agent of the request; `null` forgets it. It is cut after 512 characters, and control characters, line
   * separators and halves of characters become `U+FFFD`, so that it can stand in a log line.
   *
   * @throws {SessionError} `ERR_SESSION_INVALID_ARGUMENT` for anything but text.
   * @see OWASP ASVS 16.4.1, log injection.
   */
  setUserAgent(userAgent: string | null | undefined): void {
    this.#putSeen('user_agent', userAgentOf(userAgent))
  }

  /** Reads a value, as a copy. A miss gives `undefined`, or `fallback`. Keys are taken as they are written. */
  get(key: string, fallback?: unknown): unknown {
    checkKey('get', key)
    const value = Object.hasOwn(this.#whole, key) ? this.#data[key] : undefined
    return value === undefined ? fallback : copyOf(value)
  }

  /**
   * Keeps a value of your own beside the others. `user_id`, `ip_address` and `user_agent` are checked as their own methods do.
   *
   * @throws {SessionError} `ERR_SESSION_INVALID_ARGUMENT` for `created_at`, `last_used_at`, `auth_level` and `own_lifetime`, which the session keeps.
   */
  set(key: string, value: unknown): void {
    checkKey('set', key)
    if (KEPT_BY_SESSION.has(key)) throw SessionError.invalidArgument('set', `'${key}' is kept by the session itself.`)
    if (key === 'user_id') this.#putUserId(userIdOf(value))
    else if (key === 'ip_address') this.#putSeen(key, ipAddressOf(value))
    else if (key === 'user_agent') this.#putSeen(key, userAgentOf(value))
    else this.#putSeen(key, value)
  }

  /** Removes everything and returns what it was. */
  clear(): Record<string, unknown> {
    this.#guard?.()
    if (this.userId !== undefined) this.#journal?.requireLock()
    this.#journal?.record(() => this.clear())
    const removed = { ...this.#whole }
    for (const key of Object.keys(removed)) this.#remove(key)
    return removed
  }

  /** Your own values, in a new object: what no column of a record holds. `undefined` when there are none. */
  get extra(): Record<string, unknown> | undefined {
    let extra: Record<string, unknown> | undefined
    for (const key of Object.keys(this.#data)) {
      if (IN_RECORD.has(key)) continue
      extra ??= {}
      setOwn(extra, key, this.#data[key])
    }
    return extra
  }

  /**
   * What is kept with the data: your own values, and address and user agent where they are sealed.
   * @param place Address and user agent as they are stored, to leave them so. Default: those of now.
   */
  stored(place: Place = this): Record<string, unknown> | undefined {
    const { extra } = this
    const { ipAddress, userAgent } = place
    if (!this.isSealed || (ipAddress ?? userAgent) === undefined) return extra
    return {
      ...extra,
      ...(ipAddress !== undefined && { ip_address: ipAddress }),
      ...(userAgent !== undefined && { user_agent: userAgent }),
    }
  }

  // What merges keeps a copy of its own: a change in place of what was handed in is none.
  #putSeen(key: string, value: unknown): void {
    if (this.#journal === undefined) return this.#put(key, value)
    const kept = copyOf(value)
    this.#put(key, copyOf(value))
    this.#journal.record(() => this.#putSeen(key, kept))
  }

  #put(key: string, value: unknown): void {
    this.#guard?.()
    if (value === undefined) return this.#remove(key)
    if (this.#whole[key] === value && !isObject(value)) return
    setOwn(this.#data, key, value)
    this.#isChanged = true
  }

  #remove(key: string): void {
    if (!Object.hasOwn(this.#whole, key)) return
    delete this.#data[key]
    this.#isChanged = true
  }

  get #whole(): Record<string, unknown> {
    const data = this.#data
    if (this.#seenAgent !== undefined && this.#seenAgent !== data['user_agent']) data['user_agent'] = userAgentOf(this.#seenAgent)
    this.#seenAgent = undefined
    return data
  }

  #stamp(key: string, fallback?: number): number {
    const stamp = this.#data[key]
    return Number.isSafeInteger(stamp) ? Number(stamp) : (fallback ?? this.#nowSeconds())
  }

  #nowSeconds(): number {
    return Math.floor(this.#clock() / 1000)
  }
}
