// An entry is an empty file named after a key, made before the record is: a hint, which is compared with the record. The epoch is a
// file to which each revocation adds a line; who logs in looks at it before and after the record is written.
import { createHash } from 'node:crypto'
import { closeSync, constants, fchmodSync, futimesSync, openSync, readdirSync, readFileSync, statSync, writeSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { asStoreKey } from '../../session/id.ts'
import type { StoreKey } from '../../session/id.ts'
import { codeOf } from './file-errors.ts'
import { assertThere, exists, FILE_MODE, isOlderThan, makeFolder, removeIfThere, removeQuietly, syncFolder } from './folder.ts'
import type { Folder } from './open-record.ts'
import { userFolder, usersFolder } from './paths.ts'

/** What a login saw before it wrote its record. */
export interface Login {
  readonly userId: string
  readonly key: StoreKey
  readonly epoch: Epoch
}

interface Epoch {
  readonly ino: number
  readonly birthtimeMs: number
  readonly size: number
  readonly mtimeMs: number
}

/** No login takes so long. */
export const ENTRY_SETTLES_MS = 600_000

const EPOCH_FILE = 'epoch'
const LINE_BYTES = 65
const NOBODY = '-'.repeat(LINE_BYTES - 1)
const NEVER: Epoch = { ino: 0, birthtimeMs: 0, size: 0, mtimeMs: 0 }
const IF_THERE = { throwIfNoEntry: false } as const

/** Says that a key is about to be this user's. To be called before the record is written. */
export async function announceLogin(folder: Folder, userId: string, key: StoreKey): Promise<Login> {
  const own = userFolder(folder.root, userId)
  const isNew = !exists(own)
  writeEntry(folder, userId, key)
  const login = { userId, key, epoch: epochOf(folder, userId) }
  const changed = isNew ? [own, dirname(own), usersFolder(folder.root), folder.root] : [own]
  if (folder.isDurable) for (const path of changed) await syncFolder(path)
  return login
}

/** Looks again, after the record was written. `false`: the user was revoked in between, and the record must go. */
export function isStillAllowed(folder: Folder, login: Login, handle: string): boolean {
  if (isRevoked(folder, login, handle)) return false
  if (statSync(entryPath(folder, login.userId, login.key), IF_THERE) === undefined) writeEntry(folder, login.userId, login.key)
  return true
}

/** Takes away an entry whose record is gone, or is another user's. Where that fails, a collector does it later. */
export function forgetEntry(folder: Folder, userId: string | undefined, key: StoreKey): void {
  if (userId !== undefined) removeQuietly(entryPath(folder, userId, key))
}

/** Takes away an entry that turned out wrong, unless it is so young that its record may be on its way. */
export function pruneEntry(folder: Folder, userId: string, key: StoreKey): void {
  if (isOlderThan(entryPath(folder, userId, key), ENTRY_SETTLES_MS)) forgetEntry(folder, userId, key)
}

/** Takes away the epoch of a user who has no entries, unless a login that saw it may be under way. */
export function removeEpoch(ownFolder: string): void {
  const path = `${ownFolder}/${EPOCH_FILE}`
  if (isOlderThan(path, ENTRY_SETTLES_MS)) removeIfThere(path)
}

/** From here on, a login of this user that began before destroys what it wrote, but for the session with the handle. */
export function raiseEpoch(folder: Folder, userId: string, exceptHandle: string | undefined): void {
  const fd = openInUserFolder(folder, userId, epochPath(folder, userId), constants.O_APPEND)
  try {
    writeSync(fd, `${exceptHandle === undefined ? NOBODY : hashOf(exceptHandle)}\n`)
  } finally {
    closeSync(fd)
  }
}

/** The keys that may be a user's, sorted. */
export async function entriesOf(folder: Folder, userId: string): Promise<StoreKey[]> {
  return keysIn(userFolder(folder.root, userId))
}

/** The same in this very moment, without letting anybody else run. */
export function entriesNow(folder: Folder, userId: string): StoreKey[] {
  try {
    return readdirSync(userFolder(folder.root, userId))
      .map(asStoreKey)
      .filter((key) => key !== undefined)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return []
    throw error
  }
}

/** The names in a folder that are keys, sorted; none when there is no such folder. */
export async function keysIn(path: string): Promise<StoreKey[]> {
  return (await namesIn(path)).map(asStoreKey).filter((key) => key !== undefined)
}

/** The names in a folder, sorted; none when there is no such folder. */
export async function namesIn(path: string): Promise<string[]> {
  try {
    return (await readdir(path)).toSorted()
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return []
    throw error
  }
}

function isRevoked(folder: Folder, { userId, epoch }: Login, handle: string): boolean {
  const now = epochOf(folder, userId)
  if (now.ino === epoch.ino && now.size === epoch.size && now.mtimeMs === epoch.mtimeMs) return false
  const isSameFile = now.ino === epoch.ino && now.birthtimeMs === epoch.birthtimeMs && now.size > epoch.size
  if (epoch !== NEVER && !isSameFile) return true
  const lines = readFileSync(epochPath(folder, userId), 'latin1').slice(epoch.size).split('\n')
  return !lines.every((line) => line === '' || line === hashOf(handle))
}

function writeEntry(folder: Folder, userId: string, key: StoreKey): void {
  const fd = openInUserFolder(folder, userId, entryPath(folder, userId, key), 0)
  try {
    // A collector leaves young entries alone: their record may be on its way.
    const now = Date.now() / 1000
    futimesSync(fd, now, now)
  } finally {
    closeSync(fd)
  }
}

function openInUserFolder(folder: Folder, userId: string, path: string, flags: number): number {
  for (let attempt = 0; ; attempt++) {
    try {
      const fd = openSync(path, constants.O_WRONLY | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0) | flags, FILE_MODE)
      fchmodSync(fd, FILE_MODE)
      return fd
    } catch (error) {
      if (codeOf(error) !== 'ENOENT' || attempt === 10) throw error
      // The first of its user, or a collector or somebody's clean-up took the empty folder away.
      assertThere(folder.root)
      const own = userFolder(folder.root, userId)
      makeFolder(usersFolder(folder.root))
      makeFolder(dirname(own))
      makeFolder(own)
    }
  }
}

function epochOf(folder: Folder, userId: string): Epoch {
  return statSync(epochPath(folder, userId), IF_THERE) ?? NEVER
}

const epochPath = (folder: Folder, userId: string): string => `${userFolder(folder.root, userId)}/${EPOCH_FILE}`
const entryPath = (folder: Folder, userId: string, key: StoreKey): string => `${userFolder(folder.root, userId)}/${key}`
const hashOf = (handle: string): string => createHash('sha256').update(handle).digest('hex')
