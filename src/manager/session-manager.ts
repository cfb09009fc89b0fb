import type { ResealProgress, SessionEventKind, SessionListener } from '../contracts/events.ts'
import { SessionError } from '../session/errors.ts'
import { asSessionId } from '../session/id.ts'
import { knownFields, timerOption } from '../session/option-check.ts'
import type { DefaultData } from '../session/path-types.ts'
import type { Session } from '../session/session.ts'
import type { Concurrency } from '../session/session-state.ts'
import { patienceMs } from './close-options.ts'
import type { CloseOptions } from './close-options.ts'
import { Collector } from './collector.ts'
import { atMost } from './house.ts'
import type { House } from './house.ts'
import { makeHouse } from './make-house.ts'
import type { MoveIn, Revoked } from './move-in.ts'
import { listSessions, revokeAll, revokeHandle, revokeOthers, revokeUser } from './owners.ts'
import type { ListSessionsOptions, OwnedSession, RevokeOptions, SessionList } from './owners.ts'
import type { OpenRequest, OpenSession } from './open-session.ts'
import type { SessionManagerOptions } from './options.ts'
import { ownWay } from './own-way.ts'
import { keyUsage, reseal } from './resealing.ts'
import type { KeyUsage, ResealOptions } from './resealing.ts'
import { Visit } from './visit.ts'

/** How one session is started. */
export interface StartOptions {
  /** Default: the manager's. */
  readonly concurrency?: Concurrency | undefined
  /** Ends the wait for the lock. */
  readonly signal?: AbortSignal | undefined
}

/** How long `close` waits for the store to take back what was given back to it. */
const LAST_WORDS_MS = 1000

/**
 * Makes sessions: one manager an application. It holds nothing of any request.
 *
 * An adapter (`holdfast/express`, `holdfast/fetch`, ...) opens and commits a session around each request. Without one, `run` and
 * `start` do.
 */
export class SessionManager<Data extends object = DefaultData> {
  readonly #house: House
  readonly #collector: Collector
  #collectEveryMs: number
  readonly #moveIn: MoveIn | undefined
  readonly #whenClosed = new AbortController()
  #opening: Promise<void> | undefined
  #closing: Promise<void> | undefined
  #isOpen = false

  /** @throws {SessionError} `ERR_SESSION_CONFIG`, naming the option, for an option that is unknown or cannot work. */
  constructor(options: SessionManagerOptions<Data>) {
    const ready = (): Promise<void> | undefined => (this.#isOpen ? undefined : this.#openStore())
    this.#house = makeHouse(options, this, ready)
    const { driver, events, settings } = this.#house
    this.#collector = new Collector(driver, ready, events)
    this.#moveIn = options.moveIn
    this.#collectEveryMs = driver.expiresByItself ? 0 : settings.collectEveryMs
  }

  /** The cookie's name, before any prefix. */
  get name(): string {
    return this.#house.name
  }

  /**
   * Listens to an event; the answer stops it. A listener that throws stops nothing.
   * @throws {SessionError} `ERR_SESSION_CONFIG` for an event that there is none of, and a listener that is no function.
   */
  on<Kind extends SessionEventKind>(kind: Kind, listener: SessionListener<Kind>): () => void {
    return this.#house.events.on(kind, listener)
  }

  /**
   * Makes a session that is not started yet: `await session.start(id)` starts it.
   * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown, as `start` and `run`.
   */
  create(options: StartOptions = {}): Session<Data> {
    return this.#visit(options).session
  }

  /**
   * Resumes the session of an id, or starts a new one: also for an id that the store does not know, which is never used.
   * `await session.save()` stores and closes it; `await using` gives the lock back however the block ends.
   *
   * @throws {SessionLockError} `ERR_SESSION_LOCK_TIMEOUT`, `ERR_SESSION_LOCK_QUEUE_FULL` or `ERR_SESSION_LOCK_SELF`.
   * @throws {SessionError} `ERR_SESSION_DRIVER_FAILED` when the store failed, `ERR_SESSION_UNREADABLE` as `onUnreadable` says,
   * `ERR_SESSION_ABORTED`, `ERR_SESSION_INVALID_ID` for an id that is no text.
   */
  async start(id?: string | null, options: StartOptions = {}): Promise<Session<Data>> {
    return (await this.#startVisit(id, options)).session
  }

  /**
   * Runs a function with the session of an id, and stores what it set when it has resolved. When it throws, nothing is stored.
   * The session's new id, if it got one, is `session.id`. It throws what `start` and `Session.save` throw.
   */
  async run<Result>(
    id: string | null | undefined,
    handler: (session: Session<Data>) => Result | Promise<Result>,
    options: StartOptions = {},
  ): Promise<Result> {
    const visit = await this.#startVisit(id, options)
    let result: Result
    try {
      result = await visit.run(() => handler(visit.session))
    } catch (error) {
      await visit.discard(error)
      throw error
    }
    await visit.commit()
    return result
  }

  /**
   * Opens the session of a request: for adapters. Without a session cookie nothing is asked of the store, and there is no promise.
   * It rejects with what `start` rejects with.
   */
  open(request: OpenRequest): OpenSession<Data> | Promise<OpenSession<Data>> {
    if (this.#closing !== undefined) return Promise.reject(closedError())
    const ids = this.#house.cookie.read(request)
    if (this.#moveIn !== undefined) return this.#moveIn.open(this.#house, request, ownWay(this.#house, request, ids))
    if (ids.length === 0) return this.openNew(request)
    return new Visit<Data>(this.#house, request, false).open(ids)
  }

  /** Opens a new session whatever cookie the request has: for adapters, and for tests. Nothing is asked of the store. */
  openNew(request: OpenRequest = {}): OpenSession<Data> {
    return new Visit<Data>(this.#house, request, false).openNew()
  }

  /**
   * Checks the store. The first request does it by itself; called at start-up, it tells early of a folder or table that is missing.
   * @throws {SessionError} `ERR_SESSION_DRIVER_FAILED`; the next call tries again.
   */
  async ready(): Promise<void> {
    await this.#openStore()
  }

  /** Removes expired records now, and answers how many. The collector does it by itself. */
  async collect(): Promise<number> {
    await this.#openStore()
    return await this.#collector.collect()
  }

  /**
   * Counts the stored sessions by the ring's keys that they need: one that none needs may be retired. Nothing is opened.
   * @throws {SessionError} `ERR_SESSION_CONFIG` without a serializer that seals, or a driver that lists.
   */
  keyUsage(): Promise<KeyUsage> {
    return this.#inBackground((closing) => keyUsage(this.#house, closing))
  }

  /**
   * Seals stored sessions under the key that seals now, where they are under another. Nobody's session lives longer by it, none that a request holds is
   * touched, and no newer write is overwritten. It may be stopped and begun again at any time; after each page there is a `resealed` event.
   * @throws {SessionError} what `keyUsage` throws, and `ERR_SESSION_DRIVER_FAILED` when the store failed: what was done stays done.
   */
  reseal(options: ResealOptions = {}): Promise<ResealProgress> {
    return this.#inBackground((closing) => reseal(this.#house, options, closing))
  }

  /**
   * Lists the live sessions of a user, or of everybody, page by page: for a page "your devices", with `current: session`. Nothing in it opens a session.
   * @throws {SessionError} `ERR_SESSION_CONFIG` for a driver that keeps no list, `ERR_SESSION_INVALID_ARGUMENT` for a `userId` that is given and undefined.
   * @see OWASP ASVS 7.5.2, 7.4.5.
   */
  list(options: ListSessionsOptions = {}): Promise<SessionList> {
    return this.#inBackground(() => listSessions(this.#house, options))
  }

  /**
   * Ends the session of a handle, whoever holds it: a request of it that still runs stores nothing. Answers whether there was one.
   * @throws {SessionError} as `list`.
   */
  revoke(handle: string, options: RevokeOptions = {}): Promise<boolean> {
    return this.#inBackground(() => revokeHandle(this.#house, handle, options))
  }

  /**
   * Ends all other sessions of the session's user: after a change of password, say. Answers how many.
   * @throws {SessionError} `ERR_SESSION_INVALID_ARGUMENT` for a session of nobody; and as `list`.
   * @see OWASP ASVS 7.4.3.
   */
  revokeOthers(session: OwnedSession): Promise<number> {
    return this.#revoking(session, () => revokeOthers(this.#house, session))
  }

  /**
   * Ends all sessions of a user, those whose login is under way included. Answers how many.
   * @throws {SessionError} as `list`.
   * @see OWASP ASVS 7.4.2.
   */
  revokeUser(userId: string | number): Promise<number> {
    return this.#revoking({ userId }, () => revokeUser(this.#house, userId))
  }

  /** Ends every session that exists now, everybody's. Answers how many. */
  revokeAll(): Promise<number> {
    return this.#revoking('everybody', () => revokeAll(this.#house))
  }

  /** Collects at this pace from now on: for a process that only collects. */
  startCollector({ everySeconds }: { readonly everySeconds: number }): void {
    if (this.#closing !== undefined) throw closedError()
    this.#collectEveryMs = 1000 * timerOption('everySeconds', everySeconds ?? null, 0, 'above')
    this.#collector.start(this.#collectEveryMs)
  }

  /**
   * Waits for sessions that hold their lock to end, gives back the locks of those that do not, and closes the driver. Nothing can be opened any more.
   * Whoever watches a session is told at once: `stopped`. New, merging and read-only ones hold no lock and are not waited for: end their requests first.
   */
  async close(options: CloseOptions = {}): Promise<void> {
    const waitMs = patienceMs(options)
    await (this.#closing ??= this.#close(waitMs))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #startVisit(id: string | null | undefined, options: StartOptions): Promise<Visit<Data>> {
    if (id !== undefined && id !== null && typeof id !== 'string') throw SessionError.invalidId()
    if (this.#closing !== undefined) throw closedError()
    const visit = this.#visit(options)
    const known = asSessionId(id)
    return known === undefined ? visit.openNew() : visit.open([known])
  }

  #visit(options: StartOptions): Visit<Data> {
    knownFields('', options, ['concurrency', 'signal'])
    return new Visit<Data>(this.#house, options, true)
  }

  /** Ends sessions; and whoever has not moved in yet will not. */
  #revoking(whose: Revoked, work: () => Promise<number>): Promise<number> {
    return this.#inBackground(() => this.#moveIn?.revoke(this.#house, whose).then(work) ?? work())
  }

  /** Does work that `close` stops, and waits for. */
  async #inBackground<Result>(work: (closing: AbortSignal) => Promise<Result>): Promise<Result> {
    if (this.#closing !== undefined) throw closedError()
    const doing = work(this.#whenClosed.signal)
    this.#house.registry.follow(doing, () => undefined)
    return await doing
  }

  #openStore(): Promise<void> {
    if (this.#closing !== undefined) throw closedError()
    this.#opening ??= openBoth(this.#house).then(
      () => {
        this.#isOpen = true
        if (this.#collectEveryMs > 0 && this.#closing === undefined) this.#collector.start(this.#collectEveryMs)
      },
      (error: unknown) => {
        this.#opening = undefined
        throw error
      },
    )
    return this.#opening
  }

  async #close(waitMs: number): Promise<void> {
    const { driver, queue, merges, registry } = this.#house
    this.#collector.stop()
    this.#whenClosed.abort(closedError())
    this.#house.watches.close()
    await this.#opening?.catch(() => undefined)
    await atMost(waitMs, this.#collector.settled())
    await quiet(this.#house, waitMs)
    queue.close(closedError())
    merges.close(closedError())
    registry.abandon()
    await quiet(this.#house, LAST_WORDS_MS)
    await registry.settled()
    this.#isOpen = false
    await driver.close()
  }
}

/** Opens what may throw where it should reject, as a driver of somebody else's can. */
async function openBoth({ driver, serializer, events }: House): Promise<void> {
  await serializer.open?.((operation, cause) => events.emit('trouble', { operation, key: undefined, cause }))
  await driver.open()
}

/** Waits until nobody holds a session or waits for one, but not longer than this. */
async function quiet({ queue, merges, registry }: House, waitMs: number): Promise<void> {
  for (const deadline = performance.now() + waitMs; registry.size + queue.size + merges.size > 0 && performance.now() < deadline;) {
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

function closedError(): SessionError {
  return SessionError.driverFailed('open', 'The session manager was closed.')
}
