import type { RecordWrite } from '../contracts/driver.ts'
import type { SessionError } from '../session/errors.ts'
import type { SessionId, StoreKey } from '../session/id.ts'
import { LockQueue } from './lock-queue.ts'
import type { Wait } from './lock-queue.ts'
import type { Stored } from './stored.ts'

/** What is stored of a session, and under which id. */
export interface Base {
  readonly id: SessionId
  readonly stored: Stored
}

/** A request that has no lock, and whose changes can be done again on what others have stored. */
export interface Mergeable {
  /** What its changes stand on now. */
  readonly base: Base
  /**
   * Does its changes on what is given, and gives what is to be stored then. `must-lock`: that only whoever has the lock may store.
   * @throws {SessionError} `ERR_SESSION_CONFLICT` when they do not fit on it.
   */
  onto(base: Base): Promise<RecordWrite | 'unchanged' | 'must-lock'>
}

/** What became of a request's changes, and where it is now. */
export interface Merged {
  readonly kind: 'written' | 'unchanged' | 'must-lock'
  readonly base: Base
}

/** A request that waits for its turn, or whose changes are being stored. */
export class MergeEntry {
  readonly request: Mergeable
  readonly outcome: Promise<Merged>
  readonly resolve: (merged: Merged) => void
  readonly reject: (error: unknown) => void
  isTaken = false

  constructor(request: Mergeable) {
    this.request = request
    const { promise, resolve, reject } = Promise.withResolvers<Merged>()
    this.outcome = promise
    this.resolve = resolve
    this.reject = reject
    // Whoever waits for its turn hears of it later.
    promise.catch(() => undefined)
  }
}

/** Stores what requests did on one session. Answers what is stored then, if anything was; it never rejects: each of them is told what became of it. */
type StoreTogether = (entries: readonly MergeEntry[], known: Base | undefined) => Promise<Base | undefined>

/** Where requests without a lock meet when they end: those of one session that come while another of them is being stored go together. */
export class MergeQueue {
  readonly #turns: LockQueue
  readonly #waiting = new Map<StoreKey, MergeEntry[]>()
  /** What was just stored, for those who wait. */
  readonly #known = new Map<StoreKey, Base>()

  constructor(maxWaiters: number) {
    this.#turns = new LockQueue(maxWaiters)
  }

  /** Sessions that somebody stores now, or waits for. */
  get size(): number {
    return this.#turns.size
  }

  /** Refuses all who wait, and all who come. */
  close(error: SessionError): void {
    this.#turns.close(error)
  }

  /** @throws {SessionError} when nothing of it was stored, or the store failed. */
  async store(request: Mergeable, wait: Wait, storeTogether: StoreTogether): Promise<Merged> {
    const { key } = request.base.stored
    const entry = new MergeEntry(request)
    const waiting = this.#waiting.get(key)
    if (waiting === undefined) this.#waiting.set(key, [entry])
    else waiting.push(entry)
    try {
      const seat = await this.#turns.enter(key, wait)
      if (!entry.isTaken) {
        const known = this.#known.get(key)
        this.#known.delete(key)
        const stored = await storeTogether(this.#take(key), known)
        // Who came meanwhile need not read it.
        if (stored !== undefined && this.#waiting.has(key)) this.#known.set(key, stored)
      }
      seat.leave()
    } catch (error) {
      if (!entry.isTaken) this.#withdraw(key, entry, error)
    }
    return await entry.outcome
  }

  #take(key: StoreKey): MergeEntry[] {
    const entries = this.#waiting.get(key) ?? []
    this.#waiting.delete(key)
    for (const entry of entries) entry.isTaken = true
    return entries
  }

  #withdraw(key: StoreKey, entry: MergeEntry, error: unknown): void {
    const left = (this.#waiting.get(key) ?? []).filter((other) => other !== entry)
    if (left.length === 0) {
      this.#waiting.delete(key)
      this.#known.delete(key)
    } else this.#waiting.set(key, left)
    entry.reject(error)
  }
}
