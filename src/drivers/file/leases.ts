import type { Lease } from '../../contracts/driver.ts'
import type { StoreKey } from '../../session/id.ts'
import type { FileLocks } from './kernel-lock.ts'
import type { OpenSessionRecord } from './overwrite.ts'

/** A lease while it lives: an open, locked file. */
export interface Held {
  token: string
  record: OpenSessionRecord
  /** A write is under way: the file must stay open until it ends. */
  isBusy: boolean
  /** It was given back. */
  isOver: boolean
}

const RELEASES_A_MAP = 64

/** The leases of one driver. They have no time-out: they end when they are given back, and with their process. */
export class Leases {
  #held = new Map<string, Held>()
  #released = 0

  take(token: string, record: OpenSessionRecord): Held {
    const held = { token, record, isBusy: false, isOver: false }
    this.#held.set(token, held)
    return held
  }

  find(lease: Pick<Lease, 'key' | 'token'>): Held | undefined {
    const held = this.#held.get(lease.token)
    return held?.record.key === lease.key ? held : undefined
  }

  /** Runs a write under a lease. Its file stays open until the write has ended, also when the lease is given back meanwhile. */
  async during<Result>(locks: FileLocks, held: Held, write: () => Promise<Result>): Promise<Result> {
    held.isBusy = true
    try {
      return await write()
    } finally {
      held.isBusy = false
      if (held.isOver) locks.close(held.record.fd)
    }
  }

  /** Lets a lease go on under a new token. */
  rename(held: Held, token: string): void {
    this.#held.delete(held.token)
    held.token = token
    this.#held.set(token, held)
  }

  /** Gives a lease back: at once, or when the write that is under way has ended. */
  release(locks: FileLocks, held: Held): void {
    if (held.isOver) return
    held.isOver = true
    this.#forget(held)
    if (!held.isBusy) locks.close(held.record.fd)
  }

  /** Gives back what this process holds of a session that has ended: nobody who holds it does so any more. */
  releaseEnded(locks: FileLocks, key: StoreKey): void {
    for (const held of this.#held.values()) if (held.record.key === key) this.release(locks, held)
  }

  releaseAll(locks: FileLocks): void {
    for (const held of this.#held.values()) this.release(locks, held)
  }

  // The map is made anew now and then: one that has outgrown its table keeps, from table to table, all that it held until the next full
  // collection, and that is the text of every session.
  #forget(held: Held): void {
    this.#held.delete(held.token)
    this.#released += 1
    if (this.#released < RELEASES_A_MAP + this.#held.size) return
    this.#released = 0
    this.#held = new Map(this.#held)
  }
}
