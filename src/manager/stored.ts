import type { StoredRecord } from '../contracts/driver.ts'
import type { StoreKey } from '../session/id.ts'

/** What the store holds after a step. */
export interface Stored {
  readonly key: StoreKey
  readonly record: StoredRecord
  /** The store's clock when it was read. */
  readonly now: number
  /** Our own steady clock at that moment. */
  readonly readAt: number
}
