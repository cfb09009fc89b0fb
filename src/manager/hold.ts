import type { Lease, StoredRecord } from '../contracts/driver.ts'
import type { StoreKey } from '../session/id.ts'
import { stopsWithResponse } from '../session/runtime.ts'
import { asked, inBackground } from './house.ts'
import type { House } from './house.ts'
import type { Seat } from './lock-queue.ts'
import type { Abandonable } from './registry.ts'
import type { HeldLease } from './renewal.ts'

/** So many requests of one process have a session in a row, one lease handed on sixteen times, before other processes get their chance. */
const MAX_IN_A_ROW = 17

/** The lock of one session while a request has it: its place at the head of the line and, where the driver keeps leases, the lease. */
export class Hold implements HeldLease, Abandonable {
  place = -1
  secondPlace = -1
  readonly #house: House
  #seat: Seat
  #lease: Lease | undefined
  #isOver = false
  readonly heldSince: number = performance.now()
  renewedAt: number = this.heldSince
  /** Why the lock is not held any more. */
  lost: 'ended' | 'held-too-long' | undefined
  isShaky = false
  isWriting = false
  /** Ends when the store has taken the lease back, where that goes on in the background. */
  returning: Promise<unknown> | undefined
  /** Called once, when the lock is lost while it is held. */
  whenLost: (() => void) | undefined

  constructor(house: House, seat: Seat, lease: Lease | undefined) {
    this.#house = house
    this.#seat = seat
    this.#lease = lease
    house.registry.enter(this)
    house.renewal.add(this)
  }

  get key(): StoreKey {
    return this.#seat.key
  }

  /** The lease; reading it where there is none is a mistake of this library. */
  get lease(): Lease {
    if (this.#lease === undefined) throw new TypeError('this hold has no lease')
    return this.#lease
  }

  get hasLease(): boolean {
    return this.#lease !== undefined
  }

  get isHeld(): boolean {
    return !this.#isOver
  }

  abandon(): void {
    this.onLost('ended')
  }

  onLost(why: 'ended' | 'held-too-long'): void {
    this.lost = why
    this.giveBack()
    this.whenLost?.()
  }

  /** A mark for `end`, when the lease is to be handed on to somebody who waits now. */
  heirs(): number | undefined {
    return this.isShaky || (this.#seat.inARow + 1) % MAX_IN_A_ROW === 0 ? undefined : this.#seat.markWaiters()
  }

  /** The lease goes on under another token, and perhaps another key. */
  moveTo(lease: Lease): void {
    if (this.#isOver) return this.#sendBack(lease)
    this.#lease = lease
    this.renewedAt = performance.now()
    this.moveSeat(lease.key)
  }

  /** Takes the seat of the key that the session has now, unless it has it, so that whoever wants it in this process waits in line. */
  moveSeat(key: StoreKey): void {
    const seat = this.#isOver ? undefined : this.#house.queue.takeFree(key)
    if (seat === undefined) return
    this.#seat.leave()
    this.#seat = seat
  }

  /** The store took the lease back. Lets the next one in. */
  end(): void {
    if (this.#finish()) this.#seat.leave()
  }

  /** Hands the lease on to the first of the heirs, or gives it back when they have all left. */
  handOn(mark: number, lease: Lease, record: StoredRecord, now: number): void {
    if (this.#isOver) return this.#sendBack(lease)
    if (this.#seat.handOn(mark, { lease, record, now })) this.#finish()
    else {
      this.#lease = lease
      this.giveBack()
    }
  }

  /** Gives the lease back without a write, in the background. */
  giveBack(): void {
    const lease = this.#lease
    if (lease === undefined) this.end()
    else this.endAfter('unlock', () => this.#house.locking?.unlock(lease) ?? Promise.resolve())
  }

  /**
   * Does work in the background that gives the lease back; the next in line is let in when the store has answered. Where the response may end that work, whoever
   * waited for it would wait for ever: there the next one is let in at once, and asks the store.
   */
  endAfter(operation: string, work: () => Promise<unknown>): void {
    if (!this.#finish()) return
    const seat = this.#seat
    const returning = asked(work)
    if (stopsWithResponse) seat.leave()
    this.returning = stopsWithResponse ? returning : returning.finally(() => seat.leave())
    inBackground(this.#house, operation, this.key, this.returning)
  }

  // The hold ended while the store was still writing: what the write went on with is nobody's.
  #sendBack(lease: Lease): void {
    if (this.#house.locking !== undefined) inBackground(this.#house, 'unlock', lease.key, this.#house.locking.unlock(lease))
  }

  #finish(): boolean {
    if (this.#isOver) return false
    this.#isOver = true
    this.#house.renewal.remove(this)
    this.#house.registry.leave(this)
    const { events } = this.#house
    if (events.hears('released')) {
      events.emit('released', { key: this.key, heldMs: performance.now() - this.heldSince, lost: this.lost })
    }
    return true
  }
}
