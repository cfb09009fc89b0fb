import type { SurveyPage, SurveyedRecord } from '../contracts/surveying-driver.ts'

/** A session that somebody holds. */
export interface Held {
  readonly key: string
  readonly handle: string
  readonly userId: string | undefined
  readonly holder: string
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const MOST_HELD = 1000

/** Ages in steps, each up to so many milliseconds. */
export const AGES: readonly (readonly [string, number])[] = [
  ['up to an hour', HOUR_MS],
  ['up to a day', DAY_MS],
  ['up to a week', 7 * DAY_MS],
  ['up to 30 days', 30 * DAY_MS],
  ['older', Infinity],
]

/** What is counted of a store page by page: it grows with no record. */
export class Tally {
  readonly kinds: Record<SurveyedRecord['kind'], number> = { session: 0, marker: 0, expired: 0, unreadable: 0 }
  /** Sessions that have a user. */
  withUser = 0
  bytes = 0
  largest = 0
  held = 0
  /** Some of those that are held. */
  readonly holders: Held[] = []
  /** How many sessions began so long ago. */
  readonly ages: number[] = AGES.map(() => 0)
  oldestAt: number | undefined
  newestAt: number | undefined
  /** The last use that is longest ago. */
  idlestAt: number | undefined
  /** The store's clock, and this machine's at that moment. */
  clock: { readonly store: number; readonly here: number } | undefined

  get total(): number {
    const { session, marker, expired, unreadable } = this.kinds
    return session + marker + expired + unreadable
  }

  add({ records, now }: SurveyPage): void {
    if (now !== undefined) this.clock = { store: now, here: Date.now() }
    for (const record of records) this.#addRecord(record, now ?? Date.now())
  }

  #addRecord({ key, kind, metadata, bytes, holder }: SurveyedRecord, now: number): void {
    this.kinds[kind]++
    this.bytes += bytes
    this.largest = Math.max(this.largest, bytes)
    if (metadata === undefined) return
    const { createdAt, lastActivity, handle, userId } = metadata
    if (userId !== undefined) this.withUser++
    const step = AGES.findIndex(([, up]) => now - createdAt <= up)
    this.ages[step] = (this.ages[step] ?? 0) + 1
    this.oldestAt = Math.min(this.oldestAt ?? Infinity, createdAt)
    this.newestAt = Math.max(this.newestAt ?? -Infinity, createdAt)
    this.idlestAt = Math.min(this.idlestAt ?? Infinity, lastActivity)
    if (holder === undefined) return
    this.held++
    if (this.holders.length < MOST_HELD) this.holders.push({ key, handle, userId, holder })
  }
}
