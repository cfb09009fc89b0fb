import type { Durations, Found, RecordWrite, TextsWrite, UpdateResult, Version } from '../../contracts/driver.ts'
import { SessionError } from '../../session/errors.ts'
import type { StoreKey } from '../../session/id.ts'
import { recordOf, sameVersion } from '../instants.ts'
import { createRecord, removeLockedForGood } from './create-record.ts'
import { lockRecord, peekNow, peekRecord } from './open-record.ts'
import type { Folder } from './open-record.ts'
import { isSession, overwrite, overwriteTexts, recordContent, renewExpiry } from './overwrite.ts'
import type { OpenSessionRecord } from './overwrite.ts'
import { encodeRecord } from './record-codec.ts'
import type { Content } from './record-codec.ts'
import { announceLogin, forgetEntry, isStillAllowed } from './user-index.ts'

/** What lives under a key: a record past its expiry does when it is held. */
export async function readLive(folder: Folder, key: StoreKey, now: number): Promise<Content | undefined> {
  const content = await peekRecord(folder, key)
  return content === undefined || content.expiresAt > now || isHeld(folder, key) ? content : undefined
}

/** The same in this very moment, without letting anybody else run. What cannot be read, or is in the midst of a write, counts as not there. */
export function liveNow(folder: Folder, key: StoreKey, now: number): Content | undefined {
  const content = peekNow(folder, key)
  return content === undefined || content.expiresAt > now || isHeld(folder, key) ? content : undefined
}

/** A content as the contract gives it. */
export function found(content: Content | undefined, now: number): Found | undefined {
  if (content === undefined) return undefined
  return content.kind === 'record' ? { kind: 'record', record: content.record, now } : { kind: 'marker', marker: content.marker, now }
}

export async function insert(
  folder: Folder,
  key: StoreKey,
  write: RecordWrite,
  now: number,
): Promise<{ readonly version: Version; readonly expiresAt: number } | undefined> {
  const login = write.userId === undefined ? undefined : await announceLogin(folder, write.userId, key)
  const record = recordOf(write, 1, now)
  const created = await createRecord(folder, key, encodeRecord(record), recordContent(record), now)
  if (created === undefined) return undefined
  try {
    if (login === undefined || isStillAllowed(folder, login, record.handle)) return { version: record.version, expiresAt: record.expiresAt }
    await removeLockedForGood(folder, created)
    forgetEntry(folder, write.userId, key)
    // Not as if the key were taken: it would be stored again under another.
    throw SessionError.gone()
  } finally {
    folder.locks.close(created.fd)
  }
}

export async function update(folder: Folder, key: StoreKey, write: RecordWrite, version: Version, now: number): Promise<UpdateResult> {
  return underLock(folder, key, version, now, (open) => overwrite(folder, open, write, now))
}

export async function touch(
  folder: Folder,
  key: StoreKey,
  durations: Durations,
  version: Version | undefined,
  now: number,
): Promise<UpdateResult> {
  return underLock(folder, key, version, now, (open) => renewExpiry(folder, open, durations, now))
}

export async function rewrite(folder: Folder, key: StoreKey, texts: TextsWrite, version: Version, now: number): Promise<UpdateResult> {
  return underLock(folder, key, version, now, (open) => overwriteTexts(folder, open, texts))
}

/** Runs a step on the record at the version given, under its lock, and answers in the contract's words. */
async function underLock(
  folder: Folder,
  key: StoreKey,
  version: Version | undefined,
  now: number,
  step: (open: OpenSessionRecord) => Promise<OpenSessionRecord | undefined>,
): Promise<UpdateResult> {
  const open = lockRecord(folder, key)
  if (open === undefined) return { kind: 'gone' }
  if (open === 'busy') return { kind: 'busy' }
  try {
    if (open.content.expiresAt <= now || !isSession(open)) return { kind: 'gone' }
    if (version !== undefined && !sameVersion(open.content.record.version, version)) return { kind: 'conflict' }
    const written = await step(open)
    if (written === undefined) return { kind: 'gone' }
    const { record } = written.content
    return { kind: 'written', version: record.version, expiresAt: record.expiresAt }
  } finally {
    folder.locks.close(open.fd)
  }
}

function isHeld(folder: Folder, key: StoreKey): boolean {
  const open = lockRecord(folder, key)
  if (open === 'busy') return true
  if (open !== undefined) folder.locks.close(open.fd)
  return false
}
