import type { Durations, MarkerWrite, RecordWrite, StoredRecord, TextsWrite } from '../../contracts/driver.ts'
import { markerExpiry, recordOf, rewritten, touched } from '../instants.ts'
import { removeLockedForGood } from './create-record.ts'
import type { Folder, OpenRecord } from './open-record.ts'
import { encodeMarker, encodeRecord } from './record-codec.ts'
import type { Content } from './record-codec.ts'
import { makeDurable, writeSlot, writeSlotDurably } from './slot-io.ts'
import { announceLogin, forgetEntry, isStillAllowed } from './user-index.ts'

/** A record whose lock is held: no marker. */
export interface OpenSessionRecord extends OpenRecord {
  readonly content: Extract<Content, { readonly kind: 'record' }>
}

/**
 * Writes a record over the one whose lock is held, and raises its version. `undefined` when the user whom it logs in was
 * revoked meanwhile: then the record is gone.
 */
export async function overwrite(
  folder: Folder,
  open: OpenSessionRecord,
  write: RecordWrite,
  now: number,
): Promise<OpenSessionRecord | undefined> {
  const { userId: oldUserId, version } = open.content.record
  const { userId } = write
  const login = userId === undefined || userId === oldUserId ? undefined : await announceLogin(folder, userId, open.key)
  const record = recordOf(write, version.counter + 1, now)
  const image = encodeRecord(record)
  const state = folder.isDurable ? await writeSlotDurably(open.fd, open.state, image) : writeSlot(open.fd, open.state, image)
  const written = { ...open, state, content: recordContent(record) }
  const isAllowed = login === undefined || isStillAllowed(folder, login, record.handle)
  if (!isAllowed) {
    await removeLockedForGood(folder, open)
    forgetEntry(folder, userId, open.key)
  }
  if (oldUserId !== userId) forgetEntry(folder, oldUserId, open.key)
  return isAllowed ? written : undefined
}

/** Writes other texts over those of the record whose lock is held, and raises its version. Its user stays, so it logs nobody in. */
export async function overwriteTexts(folder: Folder, open: OpenSessionRecord, texts: TextsWrite): Promise<OpenSessionRecord> {
  const record = rewritten(open.content.record, texts)
  const image = encodeRecord(record)
  const state = folder.isDurable ? await writeSlotDurably(open.fd, open.state, image) : writeSlot(open.fd, open.state, image)
  return { ...open, state, content: recordContent(record) }
}

/**
 * Renews `lastActivity` and the expiry of the record whose lock is held. It is never synced: what a loss of power takes away is a minute
 * of idle time, and the next write makes it good.
 */
export async function renewExpiry(folder: Folder, open: OpenSessionRecord, durations: Durations, now: number): Promise<OpenSessionRecord> {
  const { record } = open.content
  const renewed: StoredRecord = { ...record, ...touched(record, durations, now) }
  const before = folder.isDurable ? await makeDurable(open.fd, open.state) : open.state
  return { ...open, state: writeSlot(open.fd, before, encodeRecord(renewed)), content: recordContent(renewed) }
}

/** Writes a marker over the record whose lock is held. */
export async function overwriteWithMarker(folder: Folder, open: OpenSessionRecord, write: MarkerWrite, now: number): Promise<void> {
  const marker = { replacedAt: now, reason: write.reason, salt: write.salt }
  const image = encodeMarker(marker, markerExpiry(open.content.expiresAt, write, now))
  if (folder.isDurable) await writeSlotDurably(open.fd, open.state, image)
  else writeSlot(open.fd, open.state, image)
}

/** Whether what is open is a session: a record that lives, or lives because it is held. */
export function isSession(open: OpenRecord): open is OpenSessionRecord {
  return open.content.kind === 'record'
}

export function recordContent(record: StoredRecord): OpenSessionRecord['content'] {
  return { kind: 'record', record, expiresAt: record.expiresAt }
}
