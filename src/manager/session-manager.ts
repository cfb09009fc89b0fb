import type { SessionDriver } from '../contracts/driver.ts'
import type { SessionEventKind, SessionListener } from '../contracts/events.ts'
import { cookiePolicy } from '../http/cookie.ts'
import { NativeSerializer } from '../serializers/native.ts'
import { TOKEN_KEY } from '../session/csrf-token.ts'
import { SessionError } from '../session/errors.ts'
import { asSessionId } from '../session/id.ts'
import type { DefaultData } from '../session/path-types.ts'
import type { Session } from '../session/session.ts'
import type { SessionBag } from '../session/session-bag.ts'
import type { Concurrency } from '../session/session-state.ts'
import { AnswerBound, boundedDriver, boundedLockingDriver } from './bounded-driver.ts'
import { Collector } from './collector.ts'
import { makeDataCheck } from './data-schema.ts'
import { hashId, idAsKey } from './digest.ts'
import { EventHub } from './event-hub.ts'
import type { House } from './house.ts'
import { LockQueue } from './lock-queue.ts'
import type { OpenRequest, OpenSession } from './open-session.ts'
import type { SessionManagerOptions } from './options.ts'
import { Registry } from './registry.ts'
import { Renewal } from './renewal.ts'
import { concurrencyOption, isLocking, settingsFrom, timerOption } from './settings.ts'
import { Visit } from './visit.ts'

/** How one session is started. */
export interface StartOptions {
  /** Default: the manager's. */
  readonly concurrency?: Concurrency
  /** Ends the wait for the lock. */
  readonly signal?: AbortSignal
}

/** How long `close` has patience. */
export interface CloseOptions {
  /** Seconds that open sessions may take to end. Default: 10. */
  readonly waitSeconds?: number
}

const NO_BAGS: readonly SessionBag[] = []
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
  #opening: Promise<void> | undefined
  #closing: Promise<void> | undefined
  #isOpen = false

  /** @throws {SessionError} `ERR_SESSION_CONFIG`, naming the option, for an option that is unknown or cannot work. */
  constructor(options: SessionManagerOptions<Data>) {
    const settings = settingsFrom(options)
    const { name = 'ml_session', bags } = options
    // Whoever would wait longer for the lock waits as long for an answer.
    const bound = new AnswerBound(1000 * Math.max(settings.waitSeconds, 1))
    const locking = isLocking(options.driver) ? boundedLockingDriver(options.driver, bound) : undefined
    const driver = locking ?? boundedDriver(options.driver, bound)
    const events = new EventHub(!settings.hashIds)
    const newBags = (): readonly SessionBag[] => bags?.() ?? NO_BAGS
    const reserved = new Set([TOKEN_KEY, '_meta', ...newBags().map((bag) => bag.storageKey)])
    this.#collectEveryMs = driver.expiresByItself ? 0 : settings.collectEveryMs
    const ready = (): Promise<void> | undefined => (this.#isOpen ? undefined : this.#openStore())
    this.#collector = new Collector(driver, ready, events)
    this.#house = {
      manager: this,
      name,
      driver,
      locking,
      settings,
      events,
      newBags,
      renewal:
        locking &&
        new Renewal(locking, settings.leaseMs, settings.maxHoldMs, ({ key }, cause) =>
          events.emit('trouble', { operation: 'renew', key, cause }),
        ),
      serializer: options.serializer ?? new NativeSerializer(),
      cookie: cookiePolicy(name, options.cookie),
      queue: new LockQueue(settings.maxWaiters),
      registry: new Registry(),
      checkData: makeDataCheck({ schema: options.schema, upgradeData: options.upgradeData, reserved }),
      clock: options.clock ?? Date.now,
      keyOf: settings.hashIds ? hashId : idAsKey,
      modeOf: (wanted) => concurrencyOption(wanted, settings.concurrency, driver, settings.assumeSingleProcess),
      ready,
    }
  }

  /** The cookie's name, before any prefix. */
  get name(): string {
    return this.#house.name
  }

  /** Listens to an event; the answer stops it. A listener that throws stops nothing. */
  on<Kind extends SessionEventKind>(kind: Kind, listener: SessionListener<Kind>): () => void {
    return this.#house.events.on(kind, listener)
  }

  /**
   * Makes a session that is not started yet: `await session.start(id)` starts it.
   */
  create(options: StartOptions = {}): Session<Data> {
    return new Visit<Data>(this.#house, options, true).session
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
    const ids = this.#house.cookie.read(request.cookieHeader, request.isHttps)
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

  /** Collects at this pace from now on: for a process that only collects. */
  startCollector({ everySeconds }: { readonly everySeconds: number }): void {
    if (this.#closing !== undefined) throw closedError()
    this.#collectEveryMs = 1000 * timerOption('everySeconds', everySeconds, 0, 'above')
    this.#collector.start(this.#collectEveryMs)
  }

  /**
   * Waits for open sessions to end, gives back the locks of those that do not, and closes the driver. Nothing can be opened any more.
   */
  close({ waitSeconds = 10 }: CloseOptions = {}): Promise<void> {
    return (this.#closing ??= this.#close(waitSeconds * 1000))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #startVisit(id: string | null | undefined, options: StartOptions): Promise<Visit<Data>> {
    const { signal, concurrency } = options
    if (id !== undefined && id !== null && typeof id !== 'string') throw SessionError.invalidId()
    if (this.#closing !== undefined) throw closedError()
    const visit = new Visit<Data>(this.#house, { signal, concurrency }, true)
    const known = asSessionId(id)
    return known === undefined ? visit.openNew() : visit.open([known])
  }

  #openStore(): Promise<void> {
    if (this.#closing !== undefined) throw closedError()
    this.#opening ??= openDriver(this.#house.driver).then(
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
    const { driver, queue, registry } = this.#house
    this.#collector.stop()
    await this.#opening?.catch(() => undefined)
    await atMost(waitMs, this.#collector.settled())
    await quiet(this.#house, waitMs)
    queue.close(closedError())
    registry.abandon()
    await quiet(this.#house, LAST_WORDS_MS)
    await registry.settled()
    this.#isOpen = false
    await driver.close()
  }
}

/** Opens a driver that may throw where it should reject, as one of somebody else's can. */
async function openDriver(driver: SessionDriver): Promise<void> {
  await driver.open()
}

/** Waits until nobody holds a session or waits for one, but not longer than this. */
async function quiet({ queue, registry }: House, waitMs: number): Promise<void> {
  for (const deadline = performance.now() + waitMs; registry.size + queue.size > 0 && performance.now() < deadline;) {
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

async function atMost(ms: number, work: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([work, patience])
  clearTimeout(timer)
}

function closedError(): SessionError {
  return SessionError.driverFailed('open', 'The session manager was closed.')
}
