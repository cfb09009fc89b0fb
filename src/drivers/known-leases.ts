import type { Acquired, CommitOptions, CommitResult, Destroyed, Found, Lease, RecordWrite } from '../contracts/driver.ts'
import { SessionError } from '../session/errors.ts'
import type { StoreKey } from '../session/id.ts'
import { asStaysUnknown, settleCommit, settleRelease } from './settle.ts'
import type { ReadBack } from './settle.ts'

/** What asking for a lease finds. */
export type Asked = Found | { readonly kind: 'busy' } | { readonly kind: 'absent' }

/** A lease that is asked for. */
export interface Asking {
  readonly key: StoreKey
  readonly token: string
  readonly ask: () => Promise<Asked>
}

/** A write under a lease, which may go on under another token, and perhaps another key. */
export interface LeasedWrite extends Pick<CommitOptions, 'keepLease'> {
  readonly lease: Lease
  readonly key: StoreKey
  readonly userId: string | undefined
  readonly write: () => Promise<CommitResult>
}

/** A commit, and what it asks of the store. */
export interface LeasedCommit {
  readonly lease: Lease
  readonly record: RecordWrite | undefined
  readonly options: CommitOptions
  readonly store: {
    commit(lease: Lease, record: RecordWrite, options: CommitOptions): Promise<CommitResult>
    release(lease: Lease, options: CommitOptions): Promise<CommitResult>
    readBack(operation: 'commit', key: StoreKey): Promise<ReadBack | undefined>
  }
  /** Does a write that may give the session to a user. */
  readonly asUser: (record: RecordWrite, write: () => Promise<CommitResult>) => Promise<CommitResult>
}

/** Whether the driver is open still, and how what comes when it is closed is given back. */
export interface LeaseStore {
  readonly isOpen: () => boolean
  readonly unlock: (key: StoreKey, token: string) => Promise<unknown>
}

/** The leases that a driver was given by a store behind a network, and the user that each record had. */
export class KnownLeases {
  readonly #leases = new Map<string, { readonly key: StoreKey; readonly userId: string | undefined }>()

  add(key: StoreKey, token: string, userId: string | undefined): void {
    this.#leases.set(token, { key, userId })
  }

  /** Asks for a lease. It is known from now on: a driver that is closed before the answer comes gives it back, and once more when it has come. */
  acquire({ key, token, ask }: Asking, { isOpen, unlock }: LeaseStore): Promise<Acquired> {
    this.add(key, token, undefined)
    return ask().then(
      (asked): Acquired | Promise<never> => {
        if (asked.kind === 'record' && isOpen()) {
          const { record, now } = asked
          this.add(key, token, record.userId)
          return { kind: 'held', lease: { key, token, version: record.version }, record, now }
        }
        this.forget(token)
        return asked.kind === 'record' ? givenBack(unlock(key, token)) : asked
      },
      (error: unknown) => {
        this.forget(token)
        return asStaysUnknown('acquire')(error)
      },
    )
  }

  userOf({ token }: Pick<Lease, 'token'>): string | undefined {
    return this.#leases.get(token)?.userId
  }

  forget(token: string): void {
    this.#leases.delete(token)
  }

  /** Forgets what was held of a session that was removed: it went with the record. */
  ended(key: StoreKey, destroyed: Destroyed): Destroyed {
    if (destroyed.kind === 'marker') return destroyed
    for (const [token, lease] of this.#leases) if (lease.key === key) this.#leases.delete(token)
    return destroyed
  }

  /** Forgets them all, and gives them to be given back. */
  takeAll(): { readonly key: StoreKey; readonly token: string }[] {
    const leases = [...this.#leases].map(([token, { key }]) => ({ key, token }))
    this.#leases.clear()
    return leases
  }

  /** Stores a record under a lease, or gives the lease back, or on, without one; and finds out what became of it where no answer tells. */
  commit({ lease, record, options, store, asUser }: LeasedCommit, leases: LeaseStore): Promise<CommitResult> {
    const { key } = lease
    const { keepLease } = options
    const readBack = (): Promise<ReadBack | undefined> => store.readBack('commit', key)
    const userId = record === undefined ? this.userOf(lease) : record.userId
    const write = (): Promise<CommitResult> => {
      if (record === undefined) return settleRelease(() => store.release(lease, options), readBack)
      const { writeToken } = record
      const send = (): Promise<CommitResult> => store.commit(lease, record, options)
      return asUser(record, () => settleCommit(lease, keepLease, { send, readBack, writeToken }))
    }
    return this.write({ lease, key, keepLease, userId, write }, leases)
  }

  /**
   * Does a write, and puts the lease that goes on, if one does, in the place of the one that it uses. As one that is asked for it is known from now on:
   * a driver that is closed before the answer comes gives it back, and once more when it has come.
   */
  write({ lease, key, keepLease, userId, write }: LeasedWrite, { isOpen, unlock }: LeaseStore): Promise<CommitResult> {
    if (keepLease === undefined) return write().then((result) => this.#used(lease, result))
    this.add(key, keepLease, userId)
    return write().then(
      (result) => {
        this.forget(keepLease)
        if (result.kind !== 'written' || result.lease === undefined) return this.#used(lease, result)
        if (isOpen()) {
          this.add(key, keepLease, userId)
          return this.#used(lease, result)
        }
        const ended = (): CommitResult => this.#used(lease, { ...result, lease: undefined })
        return unlock(key, keepLease).then(ended, ended)
      },
      (error: unknown) => {
        this.forget(keepLease)
        throw error
      },
    )
  }

  #used({ token }: Lease, result: CommitResult): CommitResult {
    this.forget(token)
    return result
  }
}

async function givenBack(unlocking: Promise<unknown>): Promise<never> {
  await unlocking.catch(() => undefined)
  throw SessionError.driverFailed('acquire', 'The driver was closed meanwhile.')
}
