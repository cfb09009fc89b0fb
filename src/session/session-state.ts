import { AttributeBag } from './attribute-bag.ts'
import { TOKEN_KEY, newToken } from './csrf-token.ts'
import { SessionError } from './errors.ts'
import { FlashBag } from './flash-bag.ts'
import { newSessionId } from './id.ts'
import type { SessionId } from './id.ts'
import { Journal } from './journal.ts'
import { METADATA_KEY, MetadataBag } from './metadata-bag.ts'
import type { Limits } from './lifetime.ts'
import { OwnBags, isEmpty, takeObject } from './own-bags.ts'
import { checkLifetime, cookieSecondsOf, limitsOf } from './own-lifetime.ts'
import type { LifetimeBounds, SessionLifetime } from './own-lifetime.ts'
import { NOWHERE, placeIn } from './place.ts'
import type { Place } from './place.ts'
import type { RecordFacts } from './record-facts.ts'
import { ipAddressOf } from './request-info.ts'
import type { SessionBag } from './session-bag.ts'

/** How fresh, and how well made, a proof of who the user is must be. */
export interface Freshness {
  readonly withinSeconds: number
  readonly level: number
}

// Most sessions have none: these are shared, and nothing is made for them.
const NO_BAGS = new OwnBags([], false)
const RESERVED: ReadonlySet<string> = new Set([TOKEN_KEY, METADATA_KEY])

/** Data of any form: not `DefaultData`, which an application fills. */
export interface AnyData extends Record<string, unknown> {}

/**
 * How parallel requests of one session meet. `exclusive`: one at a time, so that no update is lost. `merge`: at once, without a lock, and what each of them
 * did is done again on what the others have stored; for requests that write different keys. `readonly`: reads without a lock, and a write throws.
 */
export type Concurrency = 'exclusive' | 'merge' | 'readonly'

/**
 * `idle`: not started. `open`: reads and writes. `closing`: takes no more writes, but what was asked for before is still carried out.
 * `closed`: committed, saved or released. `ended`: destroyed.
 */
export type SessionStatus = 'idle' | 'open' | 'closing' | 'closed' | 'ended'

/**
 * What a session and whoever opened it share: where it stands, and its bags. It belongs to one request and is handed to nobody else.
 */
export class SessionState {
  status: SessionStatus = 'idle'
  readonly mode: Concurrency
  /** Why a session takes no writes although its mode would. */
  readonlyWhy: string | undefined
  isNew = true
  readonly attributes: AttributeBag<AnyData>
  readonly flashes: FlashBag
  readonly metadata: MetadataBag
  readonly ownBags: OwnBags
  /** What was done so far, where others may store meanwhile. */
  readonly journal: Journal | undefined
  /** When the user last proved who they are, in Unix milliseconds on the store's clock; `'now'` in this request. */
  authenticatedAt: number | 'now' | undefined
  /** The store's clock when the record was read, and our own steady one at that moment. Milliseconds. */
  #readAt: { readonly store: number; readonly steady: number } | undefined
  readonly #clock: () => number
  #id: SessionId | undefined
  #passingToken: string | undefined
  #record: RecordFacts | undefined
  #sealedPlace: Place | undefined
  #observed = NOWHERE
  readonly #bounds: LifetimeBounds
  /** Whether the browser's cookie is to live for another time than the one that it has. */
  isCookieOutdated = false

  /** @param isSealed Whether address and user agent are kept with the data, and not beside it. */
  constructor(mode: Concurrency, bags: readonly SessionBag[], clock: () => number, bounds: LifetimeBounds, isSealed = false) {
    this.mode = mode
    this.#bounds = bounds
    this.#clock = clock
    const journal = mode === 'merge' ? new Journal() : undefined
    this.journal = journal
    const guard = (): void => {
      if (journal?.isReplaying !== true) this.assertWritable()
    }
    this.ownBags = bags.length === 0 ? NO_BAGS : new OwnBags(bags, mode === 'merge')
    const reserved = bags.length === 0 ? RESERVED : new Set([...RESERVED, ...bags.map((bag) => bag.storageKey)])
    const told = { guard, journal, reserved, clock, isSealed }
    this.flashes = new FlashBag(told)
    this.metadata = new MetadataBag(told)
    this.attributes = new AttributeBag<AnyData>(told)
    if (mode !== 'exclusive') this.attributes.freeze()
    if (mode === 'readonly') this.flashes.freeze()
    if (mode === 'merge') this.flashes.giveCopies()
  }

  /** Whether it takes no writes at all. */
  get isReadonly(): boolean {
    return this.mode === 'readonly' || this.readonlyWhy !== undefined
  }

  /** The id; a new session's is made when it is first asked for. */
  get id(): SessionId {
    return (this.#id ??= newSessionId())
  }

  setId(id: SessionId | undefined): void {
    this.#id = id
  }

  /** @throws {SessionError} `ERR_SESSION_NOT_STARTED`. */
  assertStarted(): void {
    if (this.status === 'idle') throw SessionError.notStarted()
  }

  /** @throws {SessionError} `ERR_SESSION_NOT_STARTED`, `ERR_SESSION_CLOSED` or `ERR_SESSION_READONLY`. */
  assertWritable(): void {
    if (this.status !== 'open') throw this.status === 'idle' ? SessionError.notStarted() : SessionError.closed()
    this.#assertNotReadonly()
  }

  /** For an act that was asked for while the session took writes: it is carried out although it came to its turn later. @throws as `assertWritable`. */
  assertTakesActs(): void {
    if (this.status === 'closing') this.#assertNotReadonly()
    else this.assertWritable()
  }

  #assertNotReadonly(): void {
    if (this.isReadonly) throw SessionError.readonly(this.readonlyWhy)
  }

  /** The token in use, if one was made. */
  get token(): string | undefined {
    const token = this.attributes.getReserved(TOKEN_KEY)
    return typeof token === 'string' && token !== '' ? token : undefined
  }

  /** A token for a session that cannot keep one: it stands nowhere else, and so is sent in no cookie. */
  get passingToken(): string {
    return (this.#passingToken ??= newToken())
  }

  /** Makes a new token. It does not ask whether the session takes writes: the caller does. */
  makeToken(): string {
    const token = newToken()
    this.attributes.setReserved(TOKEN_KEY, token)
    return token
  }

  /** Every stored session holds a token, so that a form in it never has to wait for one. For a new session, before it is stored. */
  readyToStore(): void {
    if (!this.isReadonly && this.token === undefined && this.isWorthKeeping) this.makeToken()
  }

  /**
   * Takes over what was stored: the attributes, out of them what belongs to own bags and to the metadata, and what the record says.
   * Without a record it is a new session, which keeps what it knows of the request.
   */
  load(attributes: Record<string, unknown>, flash: Record<string, unknown>, record?: RecordFacts): void {
    const isRebase = this.journal?.isRebasing === true
    if (!isRebase) this.journal?.clear()
    this.ownBags.takeFrom(attributes, isRebase)
    const metadata = takeObject(attributes, this.metadata.storageKey)
    this.#record = record
    this.#sealedPlace = record && placeIn(metadata)
    if (record !== undefined) {
      metadata['created_at'] = Math.floor(record.createdAt / 1000)
      metadata['last_used_at'] = Math.floor(record.lastActivity / 1000)
      if (record.userId !== undefined) metadata['user_id'] = record.userId
      if (record.ipAddress !== undefined) metadata['ip_address'] = record.ipAddress
      if (record.userAgent !== undefined) metadata['user_agent'] = record.userAgent
    }
    this.authenticatedAt = record?.authenticatedAt
    const { ipAddress, userAgent } = this.#observed
    // What is stored has its form already, and nearly always it is what was seen.
    if (ipAddress !== undefined && ipAddress !== metadata['ip_address']) metadata['ip_address'] = ipAddressOf(ipAddress)
    this.metadata.initialize(metadata, userAgent)
    this.attributes.initializeRestored(attributes)
    if (isRebase) this.flashes.rebase(flash)
    else this.flashes.initialize(flash)
    if (isRebase) this.journal?.replay()
  }

  /** Notes what the store's clock said when the record was read, and our own steady one at that moment. Milliseconds. */
  noteReading(store: number, steady: number): void {
    this.#readAt = { store, steady }
  }

  /** The same of a record that was written: what it says of its owner, and of where the request came from, is true now. */
  noteWriting(store: number, steady: number, authenticatedAt: number | undefined): void {
    this.noteReading(store, steady)
    // What was proved while the store was writing is not in what it wrote.
    if (!this.metadata.isProven) this.authenticatedAt = authenticatedAt
    const { isSealed, ipAddress, userAgent } = this.metadata
    this.#sealedPlace = isSealed ? { ipAddress, userAgent } : NOWHERE
  }

  /** The user has just proved who they are, or did so at this time in Unix milliseconds. */
  markAuthenticated(level: number, atMs: number | undefined): void {
    this.metadata.setLevel(level)
    this.authenticatedAt = atMs === undefined || atMs >= this.#storeNow ? 'now' : Math.floor(atMs)
    this.journal?.record(() => this.markAuthenticated(level, atMs))
  }

  /** Says how long this session is to live. @throws {SessionError} `ERR_SESSION_INVALID_ARGUMENT` for what cannot be, or the manager does not allow. */
  setLifetime(asked: SessionLifetime): void {
    this.assertWritable()
    checkLifetime(asked, this.#bounds)
    this.metadata.setLifetime(asked)
    this.isCookieOutdated = true
  }

  /** How long it lives: what it asked for, else what the manager says. */
  get limits(): Limits {
    return limitsOf(this.metadata.lifetime, this.#bounds)
  }

  /** How long the browser is to keep its cookie; `undefined` for as the manager says. */
  get cookieSeconds(): number | undefined {
    return cookieSecondsOf(this.metadata.lifetime, this.limits)
  }

  isFresh({ withinSeconds, level }: Freshness): boolean {
    const { authenticatedAt } = this
    const { userId, level: reached } = this.metadata
    // Whatever is not a level at all is no reason to let somebody in.
    if (authenticatedAt === undefined || userId === undefined || !(level >= 1 && reached >= level)) return false
    return authenticatedAt === 'now' || this.#storeNow - authenticatedAt <= withinSeconds * 1000
  }

  /** Whether the proof that is to be stored lies so far back that the session would be over with it: one of now is no number, and does not. */
  get isProofOver(): boolean {
    return this.metadata.isProven && this.#storeNow - Number(this.authenticatedAt) >= (this.limits.absoluteMs ?? Infinity)
  }

  get #storeNow(): number {
    return this.#readAt === undefined ? this.#clock() : this.#readAt.store + (performance.now() - this.#readAt.steady)
  }

  /** Where the session was used from when it was last written. */
  get lastPlace(): Place {
    const { ipAddress, userAgent } = this.#record ?? NOWHERE
    return { ipAddress: ipAddress ?? this.#sealedPlace?.ipAddress, userAgent: userAgent ?? this.#sealedPlace?.userAgent }
  }

  /** Notes where the request came from, before `load`. By itself that is no change: it is stored along with one. */
  observe(ipAddress: string | undefined, userAgent: string | undefined): void {
    this.#observed = { ipAddress, userAgent }
  }

  /** The data is stored as it is now. */
  markSaved(): void {
    this.journal?.mark()
    this.ownBags.mark()
    this.attributes.markSaved()
    this.flashes.markSaved()
    this.metadata.markSaved()
  }

  /** What was so when `markSaved` was called is stored now. */
  markStored(): void {
    if (this.journal === undefined) return
    this.journal.drop()
    this.ownBags.markStored()
    this.flashes.markStored()
  }

  /** Whether sealed data says that it was last used from elsewhere. */
  get isMoved(): boolean {
    const { ipAddress, userAgent } = this.#sealedPlace ?? NOWHERE
    return this.metadata.isSealed && (ipAddress !== this.metadata.ipAddress || userAgent !== this.metadata.userAgent)
  }

  /**
   * Everything that is stored as the payload. Without own bags and own metadata it is the attributes themselves.
   * @param asStored True leaves in sealed data what stands there of where the request came from.
   */
  payload(asStored = false): Record<string, unknown> {
    const stored = this.metadata.stored(asStored ? (this.#sealedPlace ?? NOWHERE) : undefined)
    if (this.ownBags.size === 0 && stored === undefined) return this.attributes.data
    const value = { ...this.attributes.data }
    this.ownBags.putInto(value)
    if (stored !== undefined) value[this.metadata.storageKey] = stored
    return value
  }

  /** Whether the payload is what was loaded but for simple values: to be asked before `payload`. */
  get isSimplyChanged(): boolean {
    return this.attributes.isSimplyChanged && this.ownBags.size === 0 && this.metadata.stored() === undefined
  }

  /** Whether the payload could differ from what was loaded: only then is it serialized to be compared. */
  get mayHaveChanged(): boolean {
    return this.attributes.isTouched || this.ownBags.size > 0 || this.metadata.isChanged
  }

  /** Whether a new session holds anything that is worth a record. */
  get isWorthKeeping(): boolean {
    if (this.metadata.userId !== undefined || this.metadata.extra !== undefined) return true
    return this.flashes.isChanged || !isEmpty(this.attributes.data) || !this.ownBags.areEmpty
  }
}
