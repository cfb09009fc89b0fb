import { randomHex } from '../../session/random.ts'
import { sha256 } from '../../session/sha256.ts'
import type { Epoch } from '../revoke.ts'
import type { DatabaseStore } from './database-store.ts'
import { EPOCH } from './dialects/dialect.ts'

/** How long a user's revocation is remembered, in milliseconds: longer than any login is under way. */
const KEPT_MS = 24 * 3_600_000
/** What no epoch is that another can follow: the one that was read before has been collected, and a new one begun. */
const ANOTHER = -1

/** The epoch of a user's revocations. It stands in a row of its own among the sessions, a day long after the last. */
export class UserEpoch {
  readonly #store: DatabaseStore
  readonly #userId: string

  constructor(store: DatabaseStore, userId: string) {
    this.#store = store
    this.#userId = userId
  }

  /** Reads the epoch as a login does: once before its write and again after it. */
  reader(): () => Promise<Epoch> {
    let first: { readonly base: string | undefined; readonly counter: number } | undefined
    return async () => {
      const found = await this.#store.readEpoch(await this.#key())
      const base = found?.base
      first ??= { base, counter: found?.counter ?? 0 }
      // Collected since: a revocation in between would have left a row for a day.
      if (found === undefined) return { counter: first.counter, exceptHandle: undefined }
      // Where none was before, the first revocation is the first. Else it must be the same row, and counts on.
      const counter = first.base === undefined || first.base === base ? found.counter : ANOTHER
      return { counter, exceptHandle: found.handle === '' ? undefined : found.handle }
    }
  }

  async raise(exceptHandle: string | undefined): Promise<void> {
    await this.#store.raiseEpoch(await this.#key(), randomHex(16), exceptHandle ?? '', KEPT_MS)
  }

  /** A user id may be any text of any length. */
  async #key(): Promise<string> {
    // Bytes of UTF-16, so that half a surrogate pair is told from another.
    const units = new Uint8Array(Uint16Array.from(this.#userId, (unit) => unit.charCodeAt(0)).buffer)
    return EPOCH + (await sha256(units))
  }
}
