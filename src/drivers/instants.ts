import type {
  Durations,
  ListedSession,
  MarkerWrite,
  RecordMetadata,
  RecordWrite,
  StoredRecord,
  TextsWrite,
  Version,
} from '../contracts/driver.ts'
import type { StoreKey } from '../session/id.ts'

/** The instants of a record, in Unix milliseconds on the store's clock. */
export type Instants = Pick<RecordMetadata, 'createdAt' | 'authenticatedAt' | 'regeneratedAt' | 'lastActivity' | 'expiresAt'>

/**
 * Makes the instants of a write on the store's clock. An instant in the future counts as now: no clock that was once
 * wrong gives a session more time than its limits.
 *
 * @param now The store's clock in Unix milliseconds.
 */
export function instantsOf(write: RecordWrite, now: number): Instants {
  const createdAt = atMost(write.createdAt, now)
  const authenticatedAt = write.authenticatedAt === undefined ? undefined : atMost(write.authenticatedAt, now)
  return {
    createdAt,
    authenticatedAt,
    regeneratedAt: write.regeneratedAt === undefined ? undefined : atMost(write.regeneratedAt, now),
    lastActivity: now,
    expiresAt: endOf(write.durations, authenticatedAt ?? createdAt, now),
  }
}

/** The record that a write makes, for a driver that keeps records as they are. */
export function recordOf(write: RecordWrite, counter: number, now: number): StoredRecord {
  const { createdAt, authenticatedAt, regeneratedAt, lastActivity, expiresAt } = instantsOf(write, now)
  return {
    payload: write.payload,
    flash: write.flash,
    handle: write.handle,
    createdAt,
    authenticatedAt,
    regeneratedAt,
    lastActivity,
    expiresAt,
    userId: write.userId,
    ipAddress: write.ipAddress,
    userAgent: write.userAgent,
    version: { counter, writeToken: write.writeToken },
  }
}

/** The record that a rewrite makes: other texts at the next version, and all else as it was. */
export function rewritten(record: StoredRecord, { payload, flash, writeToken }: TextsWrite): StoredRecord {
  return { ...record, payload, flash, version: { counter: record.version.counter + 1, writeToken } }
}

/** A session as a list shows it: without its texts. */
export function listed(key: StoreKey, record: StoredRecord): ListedSession {
  return { key, ...metadataOf(record) }
}

/** What is known of a session beside its texts. */
export function metadataOf(record: StoredRecord): RecordMetadata {
  const { handle, createdAt, authenticatedAt, regeneratedAt, lastActivity, expiresAt, userId, ipAddress, userAgent } = record
  return { handle, createdAt, authenticatedAt, regeneratedAt, lastActivity, expiresAt, userId, ipAddress, userAgent }
}

/**
 * Makes the instants of a touch: `lastActivity` becomes now and the expiry moves later only. When the last activity lies
 * in the future, a clock was wrong, and the expiry is taken anew.
 *
 * @param now The store's clock in Unix milliseconds.
 */
export function touched(
  record: Pick<RecordMetadata, 'createdAt' | 'authenticatedAt' | 'lastActivity' | 'expiresAt'>,
  durations: Durations,
  now: number,
): Pick<RecordMetadata, 'lastActivity' | 'expiresAt'> {
  const end = endOf(durations, Math.min(record.authenticatedAt ?? record.createdAt, now), now)
  return { lastActivity: now, expiresAt: record.lastActivity > now ? end : Math.max(record.expiresAt, end) }
}

/**
 * Says when a marker ends: when what it replaces would have ended, but not before the write's `minimumMs` and not after its `maximumMs`.
 *
 * @param oldExpiresAt When the replaced record would have ended, in Unix milliseconds.
 * @param now The store's clock in Unix milliseconds.
 */
export function markerExpiry(oldExpiresAt: number, marker: Pick<MarkerWrite, 'minimumMs' | 'maximumMs'>, now: number): number {
  return now + Math.min(Math.max(oldExpiresAt - now, marker.minimumMs), marker.maximumMs)
}

/** Whether two versions are the same write. */
export function sameVersion(one: Version, other: Version): boolean {
  return one.counter === other.counter && one.writeToken === other.writeToken
}

function endOf(durations: Durations, countedFrom: number, now: number): number {
  const idleEnd = now + durations.idleMs
  return durations.absoluteMs === undefined ? idleEnd : Math.min(idleEnd, countedFrom + durations.absoluteMs)
}

function atMost(instant: number | 'now', now: number): number {
  return instant === 'now' ? now : Math.min(instant, now)
}
