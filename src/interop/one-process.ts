import type { RecordWrite } from '../contracts/driver.ts'
import type { StoreKey } from '../session/id.ts'

/** The right to write one record, in this process. */
export interface HeldLease {
  readonly token: string
  /** Unix milliseconds. */
  readonly endsAt: number
  /** The driver that gave it. */
  readonly owner: object
}

/** A write that gives a session to a user, or leaves it to them, while it is under way. */
interface UserWrite {
  readonly userId: string
  readonly handle: string
  isRevoked: boolean
}

interface Revocation {
  readonly userId: string
  readonly exceptHandle: string | undefined
}

const known = new WeakMap<object, Map<string, OneProcess>>()

/**
 * What all drivers over one store share in this process: a line for each key, in which whoever reads and writes it waits, the leases, and who is being
 * revoked. No other process knows of it.
 */
export class OneProcess {
  readonly leases: Map<StoreKey, HeldLease> = new Map()
  readonly #lines = new Map<StoreKey, Promise<unknown>>()
  readonly #writes = new Set<UserWrite>()
  readonly #revocations = new Set<Revocation>()

  /** @param base What part of the store is meant, where it has parts. */
  static over(store: object, base = ''): OneProcess {
    const parts = known.get(store) ?? new Map<string, OneProcess>()
    known.set(store, parts)
    const shared = parts.get(base) ?? new OneProcess()
    parts.set(base, shared)
    return shared
  }

  /** Does a step when all that was asked of this key before is done. */
  inLine<Result>(key: StoreKey, step: () => Promise<Result>): Promise<Result> {
    const before = this.#lines.get(key)
    const doing = before === undefined ? step() : before.then(step, step)
    const settled = doing.then(settle, settle)
    this.#lines.set(key, settled)
    void settled.then(() => {
      if (this.#lines.get(key) === settled) this.#lines.delete(key)
    })
    return doing
  }

  /** The same for two keys, in an order that lets nobody wait for each other. */
  inLines<Result>(one: StoreKey, other: StoreKey, step: () => Promise<Result>): Promise<Result> {
    if (one === other) return this.inLine(one, step)
    const [first, second] = one < other ? [one, other] : [other, one]
    return this.inLine(first, () => this.inLine(second, step))
  }

  isLeased(key: StoreKey, now: number): boolean {
    const lease = this.leases.get(key)
    return lease !== undefined && lease.endsAt > now
  }

  holds(key: StoreKey, token: string, now: number): boolean {
    return this.leases.get(key)?.token === token && this.isLeased(key, now)
  }

  /** Ends a driver's leases. */
  freeAll(owner: object): void {
    for (const [key, lease] of this.leases) if (lease.owner === owner) this.leases.delete(key)
  }

  /** Forgets leases that have ended by themselves. */
  forgetEnded(now: number): void {
    for (const [key, lease] of this.leases) if (lease.endsAt <= now) this.leases.delete(key)
  }

  /** Does a write of a user's session, and says whether the user was revoked meanwhile: then it must be undone. */
  async asUser<Result>(
    { userId, handle }: Pick<RecordWrite, 'userId' | 'handle'>,
    write: () => Promise<Result>,
  ): Promise<{ readonly result: Result; readonly isRevoked: boolean }> {
    if (userId === undefined) return { result: await write(), isRevoked: false }
    const isRevoked = [...this.#revocations].some((one) => one.userId === userId && one.exceptHandle !== handle)
    const underWay: UserWrite = { userId, handle, isRevoked }
    this.#writes.add(underWay)
    try {
      const result = await write()
      return { result, isRevoked: underWay.isRevoked }
    } finally {
      this.#writes.delete(underWay)
    }
  }

  /** Ends a user's sessions by `work`: those that are being written now, or are begun before it ends, undo themselves. */
  async revoking<Result>(userId: string, exceptHandle: string | undefined, work: () => Promise<Result>): Promise<Result> {
    const revocation = { userId, exceptHandle }
    this.#revocations.add(revocation)
    for (const write of this.#writes) if (write.userId === userId && write.handle !== exceptHandle) write.isRevoked = true
    try {
      return await work()
    } finally {
      this.#revocations.delete(revocation)
    }
  }
}

function settle(): void {}
