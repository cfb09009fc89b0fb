import type { Lease, StoredRecord } from '../contracts/driver.ts'
import { SessionError, SessionLockError } from '../session/errors.ts'
import type { StoreKey } from '../session/id.ts'

/** A lease that goes on to the next in line, with the record as its commit stored it. */
export interface Handed {
  readonly lease: Lease
  readonly record: StoredRecord
  /** The store's clock at the commit, as well as it is known. */
  readonly now: number
}

/** How long one waits, and what ends the wait earlier. */
export interface Wait {
  /** On the clock of `performance.now()`. */
  readonly deadline: number
  readonly waitSeconds: number
  /** Asked for only by those who have to wait. */
  readonly signal: AbortSignal | undefined
  readonly isAborted: boolean
}

/** The wait of whoever stores, or is about to: it ends by itself, and by nothing else. */
export function patience(waitSeconds: number): Wait {
  return { signal: undefined, isAborted: false, waitSeconds, deadline: performance.now() + waitSeconds * 1000 }
}

/** A place at the head of a line: the right to ask the store for one key's lease. Whoever has it must leave it. */
export interface Seat {
  readonly key: StoreKey
  readonly handed: Handed | undefined
  /** How many had this seat before, one straight after the other. */
  readonly inARow: number
  /** Whether requests of this process have had the key one after the other for so long that other processes should get a chance. */
  isYieldDue(everyMs: number): boolean
  /** A mark for those who wait now, to be given to `handOn`; `undefined` when nobody waits. */
  markWaiters(): number | undefined
  /** Gives seat and lease to the first who waited when the mark was made and still does. `false`: there is none, and the seat is kept. */
  handOn(mark: number, handed: Handed): boolean
  /** Lets the next one in. A second call does nothing. */
  leave(): void
}

interface Line {
  readonly waiters: Waiter[]
  /** Since when it was never empty, or since it last yielded, on the clock of `performance.now()`. */
  busySince: number
}

interface Waiter {
  readonly turn: number
  /** Lets it in: it is the head now. */
  admit(handed: Handed | undefined, inARow: number): void
  /** Takes it out of the line. */
  refuse(error: SessionError): void
}

/**
 * First come, first served, for the requests of one process that want the same session. Only the head asks the store, so a
 * hundred waiters cost it one.
 */
export class LockQueue {
  readonly #lines = new Map<StoreKey, Line>()
  readonly #maxWaiters: number
  #turn = 0
  #closedBy: SessionError | undefined

  constructor(maxWaiters: number) {
    this.#maxWaiters = maxWaiters
  }

  /** Keys that somebody holds or waits for. */
  get size(): number {
    return this.#lines.size
  }

  /** What whoever still waits is refused with, once the queue was closed. */
  get closedBy(): SessionError | undefined {
    return this.#closedBy
  }

  /** Refuses all who wait, and all who come. Who is at the head of a line keeps its seat. */
  close(error: SessionError): void {
    this.#closedBy = error
    for (const { waiters } of this.#lines.values()) {
      for (let first = waiters[0]; first !== undefined; first = waiters[0]) first.refuse(error)
    }
  }

  /** Takes the seat of a key that nobody holds or waits for; `undefined` when somebody does. */
  takeFree(key: StoreKey): Seat | undefined {
    return this.#lines.has(key) ? undefined : this.#begin(key)
  }

  /**
   * Takes a place in the line of a key and answers when it is at the head: at once, and without a promise, when nobody is there.
   * @throws {SessionLockError} `ERR_SESSION_LOCK_QUEUE_FULL`, `ERR_SESSION_LOCK_TIMEOUT`; `SessionError` `ERR_SESSION_ABORTED`.
   */
  enter(key: StoreKey, wait: Wait): Seat | Promise<Seat> {
    const refusal = this.#closedBy ?? (wait.isAborted ? SessionError.aborted(wait.signal?.reason) : undefined)
    if (refusal !== undefined) return Promise.reject(refusal)
    const line = this.#lines.get(key)
    if (line === undefined) return this.#begin(key)
    const { length } = line.waiters
    if (length >= this.#maxWaiters) return Promise.reject(SessionLockError.queueFull(key, length))
    return this.#stand(key, line, wait)
  }

  /** The number of whoever came last. */
  get turn(): number {
    return this.#turn
  }

  /** Lets in whoever is next in a line: for the seat that is left. */
  letNextIn(key: StoreKey, line: Line, handed: Handed | undefined, inARow: number): void {
    const waiter = line.waiters.shift()
    if (waiter === undefined) this.#lines.delete(key)
    else waiter.admit(handed, inARow)
  }

  #begin(key: StoreKey): Seat {
    const line: Line = { waiters: [], busySince: performance.now() }
    this.#lines.set(key, line)
    return new SeatInLine(this, key, line, undefined, 0)
  }

  #stand(key: StoreKey, line: Line, wait: Wait): Promise<Seat> {
    const { promise, resolve, reject } = Promise.withResolvers<Seat>()
    const settled = (): void => {
      clearTimeout(timer)
      wait.signal?.removeEventListener('abort', abort)
    }
    const waiter: Waiter = {
      turn: ++this.#turn,
      admit: (handed, inARow) => {
        settled()
        resolve(new SeatInLine(this, key, line, handed, inARow))
      },
      refuse: (error) => {
        settled()
        line.waiters.splice(line.waiters.indexOf(waiter), 1)
        reject(error)
      },
    }
    const abort = (): void => waiter.refuse(SessionError.aborted(wait.signal?.reason))
    const timer = setTimeout(
      () => waiter.refuse(SessionLockError.timeout(key, wait.waitSeconds)),
      Math.max(0, wait.deadline - performance.now()),
    )
    wait.signal?.addEventListener('abort', abort)
    line.waiters.push(waiter)
    return promise
  }
}

class SeatInLine implements Seat {
  readonly key: StoreKey
  readonly handed: Handed | undefined
  readonly inARow: number
  readonly #queue: LockQueue
  readonly #line: Line
  #isLeft = false

  constructor(queue: LockQueue, key: StoreKey, line: Line, handed: Handed | undefined, inARow: number) {
    this.key = key
    this.handed = handed
    this.inARow = inARow
    this.#queue = queue
    this.#line = line
  }

  isYieldDue(everyMs: number): boolean {
    if (this.inARow === 0) return false
    const now = performance.now()
    if (now - this.#line.busySince < everyMs) return false
    this.#line.busySince = now
    return true
  }

  markWaiters(): number | undefined {
    return this.#line.waiters.length === 0 ? undefined : this.#queue.turn
  }

  handOn(mark: number, handed: Handed): boolean {
    const first = this.#line.waiters[0]
    if (this.#isLeft || first === undefined || first.turn > mark) return false
    this.#next(handed)
    return true
  }

  leave(): void {
    if (!this.#isLeft) this.#next(undefined)
  }

  #next(handed: Handed | undefined): void {
    this.#isLeft = true
    this.#queue.letNextIn(this.key, this.#line, handed, this.inARow + 1)
  }
}
