import type { Acquired, AcquireOptions, CommitOptions, CommitResult, Lease, MarkerWrite, RecordWrite } from '../../contracts/driver.ts'
import type { StoreKey } from '../../session/id.ts'
import { recordOf, sameVersion } from '../instants.ts'
import { createRecord, removeLockedForGood } from './create-record.ts'
import type { Held, Leases } from './leases.ts'
import { isLinked, lockRecord, peekOpen } from './open-record.ts'
import type { Folder } from './open-record.ts'
import { isSession, overwrite, overwriteWithMarker, recordContent, renewExpiry } from './overwrite.ts'
import type { OpenSessionRecord } from './overwrite.ts'
import { encodeRecord } from './record-codec.ts'
import { readLive } from './unleased-steps.ts'
import { announceLogin, forgetEntry, isStillAllowed } from './user-index.ts'

const GONE: CommitResult = { kind: 'gone' }
const LOST: CommitResult = { kind: 'lost' }

/** Opens and locks a record: four system calls. */
export function acquire(folder: Folder, leases: Leases, key: StoreKey, { token }: AcquireOptions, now: number): Acquired {
  const mine = leases.find({ key, token })
  if (mine !== undefined && isLinked(folder, mine.record)) return heldAnswer(mine.record, token, now)
  if (mine !== undefined) leases.release(folder.locks, mine)
  const open = lockRecord(folder, key)
  if (open === undefined) return { kind: 'absent' }
  if (open === 'busy') return { kind: 'busy' }
  const { content } = open
  if (content.expiresAt > now && isSession(open)) {
    leases.take(token, open)
    return heldAnswer(open, token, now)
  }
  folder.locks.close(open.fd)
  return content.kind === 'marker' && content.expiresAt > now ? { kind: 'marker', marker: content.marker, now } : { kind: 'absent' }
}

export async function commit(
  folder: Folder,
  leases: Leases,
  lease: Lease,
  write: RecordWrite | undefined,
  options: CommitOptions,
  now: number,
): Promise<CommitResult> {
  const held = heldAtVersion(leases, lease)
  if (held === undefined) return goneOrLost(folder, lease.key, now)
  const written = isLinked(folder, held.record)
    ? await leases.during(folder.locks, held, () => writeOver(folder, held.record, write, options, now))
    : undefined
  if (written === undefined) {
    leases.release(folder.locks, held)
    return GONE
  }
  const { keepLease } = options
  if (keepLease === undefined || held.isOver) {
    leases.release(folder.locks, held)
    return writtenAnswer(written, undefined)
  }
  held.record = written
  leases.rename(held, keepLease)
  return writtenAnswer(written, keepLease)
}

/**
 * Two files, one after the other: the new one is there before the old one ends. Nobody has the new id until this has answered, and the new
 * file stays locked until then.
 */
export async function replace(
  folder: Folder,
  leases: Leases,
  lease: Lease,
  newKey: StoreKey,
  write: RecordWrite,
  marker: MarkerWrite | undefined,
  options: CommitOptions,
  now: number,
): Promise<CommitResult> {
  const held = heldAtVersion(leases, lease)
  if (held === undefined) return goneOrLost(folder, lease.key, now)
  const created = await leases.during(folder.locks, held, () => moveTo(folder, held.record, newKey, write, marker, now))
  if (created === 'taken') return LOST
  // Given back meanwhile, as by `close`: nobody would give back what it went on as.
  const keepLease = held.isOver ? undefined : options.keepLease
  leases.release(folder.locks, held)
  if (created === undefined) return GONE
  if (keepLease === undefined) folder.locks.close(created.fd)
  else leases.take(keepLease, created)
  return writtenAnswer(created, keepLease)
}

/** Whether a lease is held and its record is still there. */
export function renew(folder: Folder, leases: Leases, lease: Lease): boolean {
  const held = leases.find(lease)
  return held !== undefined && isLinked(folder, held.record)
}

/** Gives a lease back. `false` when it was not held, or its record is gone. */
export function unlock(folder: Folder, leases: Leases, lease: Pick<Lease, 'key' | 'token'>): boolean {
  const held = leases.find(lease)
  if (held === undefined) return false
  leases.release(folder.locks, held)
  return isLinked(folder, held.record)
}

async function writeOver(
  folder: Folder,
  open: OpenSessionRecord,
  write: RecordWrite | undefined,
  { touch }: CommitOptions,
  now: number,
): Promise<OpenSessionRecord | undefined> {
  if (write !== undefined) return overwrite(folder, open, write, now)
  return touch === undefined ? open : renewExpiry(folder, open, touch, now)
}

/** `undefined` when the old record is gone or the user was revoked: then the new one is gone as well. */
async function moveTo(
  folder: Folder,
  old: OpenSessionRecord,
  newKey: StoreKey,
  write: RecordWrite,
  marker: MarkerWrite | undefined,
  now: number,
): Promise<OpenSessionRecord | 'taken' | undefined> {
  const login = write.userId === undefined ? undefined : await announceLogin(folder, write.userId, newKey)
  const record = recordOf(write, 1, now)
  const created = await createRecord(folder, newKey, encodeRecord(record), recordContent(record), now)
  if (created === undefined) return 'taken'
  try {
    const isAllowed = login === undefined || isStillAllowed(folder, login, record.handle)
    if (isAllowed && (await endOld(folder, old, marker, now))) return created
  } catch (error) {
    // What failed may have been the sync only: where the old record has ended, the new one is all that is left of the session.
    if (isWhole(folder, old)) await undo(folder, created)
    else folder.locks.close(created.fd)
    throw error
  }
  await undo(folder, created)
  return undefined
}

/** Answers `false` when somebody else has ended the old record. */
async function endOld(folder: Folder, old: OpenSessionRecord, marker: MarkerWrite | undefined, now: number): Promise<boolean> {
  if (marker === undefined) {
    if (!(await removeLockedForGood(folder, old))) return false
  } else {
    await overwriteWithMarker(folder, old, marker, now)
    // A destroy puts the file aside and reads then: either it sees the marker and gives it its name back, or it is seen here.
    if (!isLinked(folder, old)) return false
  }
  forgetEntry(folder, old.content.record.userId, old.key)
  return true
}

function isWhole(folder: Folder, old: OpenSessionRecord): boolean {
  try {
    return isLinked(folder, old) && peekOpen(old.fd)?.kind === 'record'
  } catch {
    return false
  }
}

async function undo(folder: Folder, created: OpenSessionRecord): Promise<void> {
  try {
    await removeLockedForGood(folder, created)
    forgetEntry(folder, created.content.record.userId, created.key)
  } finally {
    folder.locks.close(created.fd)
  }
}

function heldAtVersion(leases: Leases, lease: Lease): Held | undefined {
  const held = leases.find(lease)
  return held !== undefined && !held.isBusy && sameVersion(held.record.content.record.version, lease.version) ? held : undefined
}

async function goneOrLost(folder: Folder, key: StoreKey, now: number): Promise<CommitResult> {
  return (await readLive(folder, key, now))?.kind === 'record' ? LOST : GONE
}

function heldAnswer({ key, content: { record } }: OpenSessionRecord, token: string, now: number): Acquired {
  return { kind: 'held', lease: { key, token, version: record.version }, record, now }
}

function writtenAnswer({ key, content: { record } }: OpenSessionRecord, keepLease: string | undefined): CommitResult {
  const { version, expiresAt } = record
  return {
    kind: 'written',
    version,
    expiresAt,
    lease: keepLease === undefined ? undefined : { key, token: keepLease, version },
    readBack: false,
  }
}
