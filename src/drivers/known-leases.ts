import type { CommitResult, Destroyed, Lease } from '../contracts/driver.ts'
import type { StoreKey } from '../session/id.ts'

/** The leases that a driver was given by a store behind a network, and the user that each record had. */
export class KnownLeases {
  readonly #leases = new Map<string, { readonly key: StoreKey; readonly userId: string | undefined }>()

  add(key: StoreKey, token: string, userId: string | undefined): void {
    this.#leases.set(token, { key, userId })
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
