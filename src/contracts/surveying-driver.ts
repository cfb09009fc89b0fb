import type { StoreKey } from '../session/id.ts'
import type { RecordMetadata, SessionDriver } from './driver.ts'

/** What lies under a key, as whoever looks after the store sees it: no text of it, and no token. */
export interface SurveyedRecord {
  readonly key: StoreKey
  /** `expired`: it has ended, and was not collected yet. `unreadable`: the driver cannot read it. */
  readonly kind: 'session' | 'marker' | 'expired' | 'unreadable'
  /** What is known of a session; `undefined` for all else. */
  readonly metadata: RecordMetadata | undefined
  /** How many bytes the store keeps for its texts; 0 where that is not known. */
  readonly bytes: number
  /** Names who has the lease; `undefined` when nobody does. */
  readonly holder: string | undefined
}

/** Which part of the store is shown. */
export interface SurveyOptions {
  /** Where the page before ended. */
  readonly cursor?: string | undefined
  /** Records a page. Default: 100. */
  readonly limit?: number
}

/** One page of what lies in a store. */
export interface SurveyPage {
  readonly records: readonly SurveyedRecord[]
  /** `undefined` on the last page. */
  readonly cursor: string | undefined
  /** The store's clock in Unix milliseconds; `undefined` where nothing was read from which to tell it. */
  readonly now: number | undefined
}

/** Shows what lies in a store to whoever looks after it. */
export interface SurveyingDriver extends SessionDriver {
  /**
   * Goes through all sessions page by page, and through markers, what has expired and what cannot be read as well.
   * Who holds a lease has a name that stays for as long as the lease is held, and opens nothing.
   * A cursor that cannot be one of a page rejects with `ERR_SESSION_INVALID_ARGUMENT`.
   * Nothing is changed by it.
   */
  survey(options?: SurveyOptions): Promise<SurveyPage>
}
