import { closeSync, constants, fstatSync, openSync, statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { SessionError } from '../../session/errors.ts'
import type { StoreKey } from '../../session/id.ts'
import { codeOf, unreadable } from './file-errors.ts'
import { assertThere } from './folder.ts'
import type { FileLocks } from './kernel-lock.ts'
import { recordPath } from './paths.ts'
import { decodeContent } from './record-codec.ts'
import type { Content } from './record-codec.ts'
import { readSlots } from './slot-io.ts'
import type { SlotRead, SlotState } from './slot-io.ts'

/** A driver's folder, once it is open. */
export interface Folder {
  readonly root: string
  readonly locks: FileLocks
  /** Whether a write waits until the disk has it. */
  readonly isDurable: boolean
}

/** A record whose lock this process holds, with what its file says. */
export interface OpenRecord {
  readonly key: StoreKey
  readonly path: string
  readonly fd: number
  /** The file's own number: a name that leads to another one leads to another record. */
  readonly ino: number
  readonly state: SlotState
  readonly content: Content
}

// No link is followed, and nothing that is no file (a pipe) makes an open wait. Windows has neither flag.
export const SAFE_OPEN: number = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)
const READ = constants.O_RDONLY | SAFE_OPEN
const WRITE = constants.O_RDWR | SAFE_OPEN
/** What the system says of a link, a folder or a pipe that is opened as a file. */
export const NO_FILE: ReadonlySet<string> = new Set(['ELOOP', 'EMLINK', 'EISDIR', 'ESPIPE', 'ENXIO', 'EAGAIN'])
// With the waits between them, two seconds.
const LOOKS = 100
const IF_THERE = { throwIfNoEntry: false } as const

/**
 * Locks a record and reads it. It does not wait: `busy` when another holds the lock.
 *
 * @throws {SessionError} `ERR_SESSION_UNREADABLE`; then the lock was given back.
 */
export function lockRecord(folder: Folder, key: StoreKey): OpenRecord | 'busy' | undefined {
  const path = recordPath(folder.root, key)
  for (;;) {
    const fd = openRecord(folder, key, path, WRITE)
    if (fd === undefined) return undefined
    try {
      if (!folder.locks.take(fd)) {
        folder.locks.close(fd)
        return 'busy'
      }
      const { ino, nlink } = fstatSync(fd)
      if (nlink > 0) {
        const read = readSlots(fd)
        if (read === undefined) throw unreadable(key, 'neither of its two slots is whole')
        return { key, path, fd, ino, state: { slot: read.slot, durable: read.durable }, content: contentOf(key, read) }
      }
    } catch (error) {
      folder.locks.close(fd)
      throw foreign(key, error)
    }
    // It was removed between open and lock, and another may have its name by now.
    folder.locks.close(fd)
  }
}

/** Whether a held record still has its name. No file but this one ever had it while it was held. */
export function isLinked(folder: Folder, record: OpenRecord): boolean {
  const ino = statSync(record.path, IF_THERE)?.ino
  if (ino === undefined) assertThere(folder.root)
  return ino === record.ino
}

/**
 * Reads a record without its lock. A write that is half done shows as a torn slot; then it reads again, and at last under the lock.
 *
 * @throws {SessionError} `ERR_SESSION_UNREADABLE`, only after a look under the lock.
 */
export async function peekRecord(folder: Folder, key: StoreKey): Promise<Content | undefined> {
  const path = recordPath(folder.root, key)
  let doubtful: number | undefined
  for (let attempt = 0; attempt < LOOKS; attempt++) {
    const read = readOnce(folder, key, path)
    if (read === undefined) return undefined
    const sequence = read === 'torn' ? undefined : read.slot.sequence
    // The same older slot twice: between the two reads nobody finished a write, so it was the live one.
    if (read !== 'torn' && (read.isSettled || sequence === doubtful)) return contentOf(key, read)
    doubtful = sequence
    if (attempt < 3) continue
    const locked = lockRecord(folder, key)
    if (locked === undefined) return undefined
    if (locked !== 'busy') {
      folder.locks.close(locked.fd)
      return locked.content
    }
    await sleep(Math.min(attempt, 20))
  }
  throw SessionError.driverFailed('read', 'The record was in the midst of a write at every look for seconds: its writer may be stopped.')
}

/** Reads what an open file holds, without its lock: for one that has lost its name. `undefined` when that cannot be read. */
export function peekOpen(fd: number): Content | undefined {
  let doubtful: number | undefined
  for (let attempt = 0; attempt < LOOKS; attempt++) {
    const read = readSlots(fd)
    if (read !== undefined && (read.isSettled || read.slot.sequence === doubtful)) return decodeContent(read.text)
    doubtful = read?.slot.sequence
  }
  return undefined
}

/** Reads a record without its lock in this very moment. `undefined` also where that cannot be read. */
export function peekNow(folder: Folder, key: StoreKey): Content | undefined {
  const fd = openRecord(folder, key, recordPath(folder.root, key), READ)
  if (fd === undefined) return undefined
  try {
    return peekOpen(fd)
  } finally {
    closeSync(fd)
  }
}

/** Opens a record's file; `undefined` when there is none. */
export function openRecord(folder: Folder, key: StoreKey, path: string, flags: number): number | undefined {
  try {
    return openSync(path, flags)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw foreign(key, error)
    assertThere(folder.root)
    return undefined
  }
}

function readOnce(folder: Folder, key: StoreKey, path: string): SlotRead | 'torn' | undefined {
  const fd = openRecord(folder, key, path, READ)
  if (fd === undefined) return undefined
  try {
    return readSlots(fd) ?? 'torn'
  } catch (error) {
    throw foreign(key, error)
  } finally {
    closeSync(fd)
  }
}

function contentOf(key: StoreKey, read: SlotRead): Content {
  const content = decodeContent(read.text)
  if (content === undefined) throw unreadable(key, 'another program or another version wrote it')
  return content
}

function foreign(key: StoreKey, error: unknown): unknown {
  return NO_FILE.has(codeOf(error) ?? '')
    ? unreadable(key, 'a link, a folder or something else that is no file stands under its name', error)
    : error
}
