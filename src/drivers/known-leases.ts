import type { Acquired, CommitResult, Destroyed, Found, Lease } from '../contracts/driver.ts'
import { SessionError } from '../session/errors.ts'
import type { StoreKey } from '../session/id.ts'
import { asStaysUnknown } from './settle.ts'

/** What asking for a lease finds. */
export type Asked = Found | { readonly kind: 'busy' } | { readonly kind: 'absent' }

/** A lease that is asked for, and what becomes of one that comes when the driver is closed. */
export interface Asking {
  readonly key: StoreKey
  readonly token: string
  readonly ask: () => Promise<Asked>
  readonly isOpen: () => boolean
  readonly unlock: () => Promise<unknown>
}

/** The leases that a driver was given by a store behind a network, and the user that each record had. */
export class KnownLeases {
  readonly #leases = new Map<string, { readonly key: StoreKey; readonly userId: string | undefined }>()

  add(key: StoreKey, token: string, userId: string | undefined): void {
    this.#leases.set(token, { key, userId })
  }

  /** Asks for a lease. It is known from now on: a driver that is closed before the answer comes gives it back, and once more when it has come. */
  acquire({ key, token, ask, isOpen, unlock }: Asking): Promise<Acquired> {
    this.add(key, token, undefined)
    return ask().then(
      (asked): Acquired | Promise<never> => {
        if (asked.kind === 'record' && isOpen()) {
          const { record, now } = asked
          this.add(key, token, record.userId)
          return { kind: 'held', lease: { key, token, version: record.version }, record, now }
        }
        this.forget(token)
        return asked.kind === 'record' ? givenBack(unlock) : asked
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

  /** Puts the lease that goes on, if one does, in the place of the one that a write has used. */
  follow(lease: Lease, userId: string | undefined, result: CommitResult): CommitResult {
    this.forget(lease.token)
    if (result.kind === 'written' && result.lease !== undefined) this.add(result.lease.key, result.lease.token, userId)
    return result
  }
}

async function givenBack(unlock: () => Promise<unknown>): Promise<never> {
  await unlock().catch(() => undefined)
  throw SessionError.driverFailed('acquire', 'The driver was closed meanwhile.')
}
