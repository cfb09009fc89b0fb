import type { Lease, LockingDriver } from '../contracts/driver.ts'
import { Roster } from '../session/roster.ts'
import type { Rostered } from '../session/roster.ts'
import { quietInterval } from '../session/runtime.ts'

/** What an open session holds: the lease, where the driver keeps any, or its place in the line alone. */
export interface HeldLease extends Rostered {
  readonly hasLease: boolean
  readonly lease: Lease
  /** When it was taken and when it was last renewed, on the clock of `performance.now()`. */
  readonly heldSince: number
  renewedAt: number
  /** True once a renewal failed: the lease may live, but it is not handed on. */
  isShaky: boolean
  /** True while a write is under way that ends the lease, or gives it a new token. */
  readonly isWriting: boolean
  /** Called once, when the lease is lost or has been held for too long: it is not renewed from then on. */
  onLost(why: 'ended' | 'held-too-long'): void
}

/** Renews all leases of one manager from one timer, each at a third of its time, and ends what is held for too long. */
export class Renewal {
  readonly #driver: LockingDriver | undefined
  readonly #leaseMs: number
  readonly #maxHoldMs: number
  readonly #report: (lease: Lease, cause: unknown) => void
  readonly #held = new Roster<HeldLease>('secondPlace')
  #timer: ReturnType<typeof setInterval> | undefined

  constructor(driver: LockingDriver | undefined, leaseMs: number, maxHoldMs: number, report: (lease: Lease, cause: unknown) => void) {
    this.#driver = driver
    this.#leaseMs = leaseMs
    this.#maxHoldMs = maxHoldMs
    this.#report = report
  }

  add(held: HeldLease): void {
    this.#held.add(held)
    this.#timer ??= quietInterval(() => this.#tick(), Math.max(10, Math.min(this.#leaseMs / 6, this.#maxHoldMs / 4, 1000)))
  }

  remove(held: HeldLease): void {
    this.#held.remove(held)
  }

  #tick(): void {
    if (this.#held.size === 0) {
      clearInterval(this.#timer)
      this.#timer = undefined
      return
    }
    const now = performance.now()
    for (const held of this.#held.all()) {
      if (now - held.heldSince >= this.#maxHoldMs) held.onLost('held-too-long')
      else if (held.hasLease && now - held.renewedAt >= this.#leaseMs / 3) void this.#renew(held, now)
    }
  }

  async #renew(held: HeldLease, now: number): Promise<void> {
    const { lease } = held
    held.renewedAt = now
    try {
      const goesOn = await this.#driver?.renew(lease, this.#leaseMs)
      // A write may be replacing the lease, or have done so: then the answer is about one that is no more, and the write's own answer counts.
      if (!goesOn && held.lease === lease && !held.isWriting && this.#held.has(held)) held.onLost('ended')
    } catch (cause) {
      held.isShaky = true
      this.#report(lease, cause)
    }
  }
}
