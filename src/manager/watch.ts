import type { Found, SessionDriver, StoredRecord } from '../contracts/driver.ts'
import { SessionError } from '../session/errors.ts'
import type { SessionId, StoreKey } from '../session/id.ts'
import { hasEnded } from '../session/lifetime.ts'
import type { Limits, SessionTimes } from '../session/lifetime.ts'
import { knownFields, timerOption } from '../session/option-check.ts'
import { quietTimeout } from '../session/runtime.ts'
import type { SessionEnd, WatchOptions } from '../session/session-lifecycle.ts'
import { MAX_MARKERS, successorBy } from './digest.ts'
import type { EventHub } from './event-hub.ts'
import type { Registry } from './registry.ts'

/** What was read of a session, or written. */
interface Reading {
  readonly record: StoredRecord
  /** The store's clock then. */
  readonly now: number
  /** Our own steady clock then. */
  readonly readAt: number
  /** The session's limits by the settings of today, where its contents were looked at, which may say so. */
  readonly limits?: Limits
}

/** What is known of a session, and the id that leads to it. */
export interface Whereabouts extends Reading {
  readonly id: SessionId
  readonly key: StoreKey
  readonly limits: Limits
}

/** What of a manager is needed to watch its sessions. */
export interface WatchParts {
  readonly driver: SessionDriver
  readonly events: EventHub
  readonly registry: Registry
  keyOf(id: SessionId): StoreKey | Promise<StoreKey>
}

/** How often one who watches wants to look, and what ends it. */
export interface WatchWish {
  readonly everyMs: number
  readonly signal: AbortSignal | undefined
}

/** @throws {SessionError} `ERR_SESSION_CONFIG`, naming the option. */
export function checkWatch(options: WatchOptions): WatchWish {
  knownFields('watch', options, ['everySeconds', 'signal'])
  const { everySeconds, signal } = options
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw SessionError.config('watch.signal', 'must be an AbortSignal.')
  return { everyMs: 1000 * timerOption('watch.everySeconds', everySeconds, 15, 'above'), signal }
}

interface Watcher {
  readonly everyMs: number
  readonly tell: (reason: SessionEnd['reason']) => void
  at: Watched
}

interface Times extends SessionTimes {
  readonly expiresAt: number
  /** Of the write that they come from. */
  readonly writeToken: string
}

/** A session that somebody watches. Nothing of its contents is kept. */
class Watched {
  readonly watchers = new Set<Watcher>()
  id: SessionId
  key: StoreKey
  userId: string | undefined
  /** When it was looked at last, and when it is to be looked at next, on the clock of `performance.now()`. */
  lookedAt: number
  dueAt = Infinity
  timer: ReturnType<typeof setTimeout> | undefined
  isLooking = false
  /** Something happened during a look that the look may have come too early for. */
  isStale = false
  #times: Times
  #now: number
  #readAt = -Infinity
  #limits: Limits | undefined

  constructor({ id, key, record, now, readAt }: Whereabouts) {
    this.id = id
    this.key = key
    this.lookedAt = readAt
    this.#now = now
    this.#times = timesOf(record)
  }

  /** Takes over what was read of it, unless something newer is known. */
  note({ record, now, readAt, limits }: Reading): void {
    if (readAt < this.#readAt) return
    // What was written since was written by the limits of today: the store has them.
    if (limits !== undefined || record.version.writeToken !== this.#times.writeToken) this.#limits = limits
    this.#times = timesOf(record)
    this.userId = record.userId
    this.#now = now
    this.#readAt = readAt
  }

  /** Whether limits have ended it that were made shorter since it was written. */
  hasEnded(now = this.#now): boolean {
    return this.#limits !== undefined && hasEnded(this.#times, this.#limits, now)
  }

  /** Whether its end by what was last read has passed: on the store's clock, which our own steady one carries on. */
  get isPast(): boolean {
    const now = this.#now + performance.now() - this.#readAt
    return now >= this.#times.expiresAt || this.hasEnded(now)
  }
}

/** Looks after the sessions of one manager that somebody watches: one read a look and session, however many watch it. */
export class Watches {
  readonly #parts: WatchParts
  readonly #watched = new Map<StoreKey, Watched>()
  #isClosed = false
  /** Stops listening to what this manager ends itself. */
  #deafen: (() => void) | undefined

  constructor(parts: WatchParts) {
    this.#parts = parts
  }

  /** Resolves when the session has ended, or the watching has. */
  watch(whereabouts: Whereabouts, { everyMs, signal }: WatchWish): Promise<SessionEnd> {
    if (this.#isClosed || signal?.aborted === true) return Promise.resolve({ reason: 'stopped' })
    const { promise, resolve } = Promise.withResolvers<SessionEnd>()
    const stop = (): void => {
      this.#leave(watcher)
      watcher.tell('stopped')
    }
    const tell = (reason: SessionEnd['reason']): void => {
      signal?.removeEventListener('abort', stop)
      resolve({ reason })
    }
    const watched = this.#watched.get(whereabouts.key) ?? new Watched(whereabouts)
    const watcher: Watcher = { everyMs, tell, at: watched }
    watched.note(whereabouts)
    this.#watched.set(watched.key, watched)
    this.#join(watcher, watched)
    this.#listen()
    signal?.addEventListener('abort', stop)
    return promise
  }

  /** Nobody watches any more. */
  close(): void {
    this.#isClosed = true
    for (const watched of this.#watched.values()) this.#end(watched, 'stopped')
  }

  #join(watcher: Watcher, watched: Watched): void {
    watcher.at = watched
    watched.watchers.add(watcher)
    this.#lookIn(watched, watcher.everyMs)
  }

  #leave(watcher: Watcher): void {
    const { at } = watcher
    at.watchers.delete(watcher)
    if (at.watchers.size === 0) this.#drop(at)
  }

  #end(watched: Watched, reason: SessionEnd['reason']): void {
    this.#drop(watched)
    for (const watcher of watched.watchers) watcher.tell(reason)
  }

  #drop(watched: Watched): void {
    clearTimeout(watched.timer)
    this.#watched.delete(watched.key)
    if (this.#watched.size > 0) return
    this.#deafen?.()
    this.#deafen = undefined
  }

  #isThere(watched: Watched): boolean {
    return this.#watched.get(watched.key) === watched
  }

  /** Looks so long after the last look, if it would not look earlier anyway. */
  #lookIn(watched: Watched, ms: number): void {
    const dueAt = watched.lookedAt + ms
    if (watched.isLooking || watched.dueAt <= dueAt) return
    clearTimeout(watched.timer)
    watched.dueAt = dueAt
    watched.timer = quietTimeout(() => this.#lookAt(watched), Math.max(0, dueAt - performance.now()))
  }

  /** Looks now, or once more after the look that is under way. */
  #lookAt(watched: Watched): void {
    if (watched.isLooking) {
      watched.isStale = true
      return
    }
    clearTimeout(watched.timer)
    watched.isLooking = true
    watched.isStale = false
    const { registry, events } = this.#parts
    const { key } = watched
    registry.follow(this.#look(watched), (cause) => events.emit('trouble', { operation: 'watch', key, cause }))
  }

  async #look(watched: Watched): Promise<void> {
    try {
      await this.#read(watched)
    } catch (error) {
      if (!this.#isThere(watched)) return
      // Whoever cannot know that a session lives must not go on as if it did.
      if (watched.isPast) this.#end(watched, 'expired')
      throw error
    } finally {
      watched.isLooking = false
      watched.lookedAt = performance.now()
      watched.dueAt = Infinity
      if (this.#isThere(watched)) {
        if (watched.isStale) this.#lookAt(watched)
        else for (const { everyMs } of watched.watchers) this.#lookIn(watched, everyMs)
      }
    }
  }

  async #read(watched: Watched): Promise<void> {
    const { driver } = this.#parts
    for (let markers = 0; markers <= MAX_MARKERS; markers++) {
      const readAt = performance.now()
      const found: Found | undefined = await driver.read(watched.key)
      if (!this.#isThere(watched)) return
      if (found === undefined) return this.#end(watched, watched.isPast ? 'expired' : 'revoked')
      if (found.kind === 'record') {
        watched.note({ record: found.record, now: found.now, readAt })
        if (watched.hasEnded()) this.#end(watched, 'expired')
        return
      }
      const successor = await successorBy(watched.id, found.marker)
      if (successor === undefined) return this.#end(watched, 'revoked')
      const key = await this.#parts.keyOf(successor)
      if (!this.#isThere(watched)) return
      const other = this.#watched.get(key)
      if (other !== undefined) return this.#merge(watched, other)
      this.#watched.delete(watched.key)
      watched.id = successor
      watched.key = key
      this.#watched.set(key, watched)
    }
  }

  /** Some watch a session under the id that it had, some under the one that it has. */
  #merge(watched: Watched, other: Watched): void {
    this.#watched.delete(watched.key)
    for (const watcher of watched.watchers) this.#join(watcher, other)
  }

  /** What this manager ends itself is looked at at once. */
  #listen(): void {
    const { events } = this.#parts
    const lookAtAll = (isMeant: (watched: Watched) => boolean): void => {
      for (const watched of this.#watched.values()) if (isMeant(watched)) this.#lookAt(watched)
    }
    this.#deafen ??= stopAll([
      // Where ids are stored as they are, no event tells a key.
      events.on('destroyed', ({ key }) => lookAtAll((watched) => key === undefined || watched.key === key)),
      events.on('regenerated', ({ oldKey }) => lookAtAll((watched) => oldKey === undefined || watched.key === oldKey)),
      events.on('revoked', ({ userId }) => lookAtAll((watched) => userId === undefined || watched.userId === userId)),
    ])
  }
}

function timesOf({ createdAt, authenticatedAt, lastActivity, expiresAt, version }: StoredRecord): Times {
  return { createdAt, authenticatedAt, lastActivity, expiresAt, writeToken: version.writeToken }
}

function stopAll(stops: readonly (() => void)[]): () => void {
  return () => {
    for (const stop of stops) stop()
  }
}
