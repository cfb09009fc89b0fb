import { constants, openSync, rmdirSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import type { GcOptions } from '../../contracts/driver.ts'
import { isSessionError } from '../../session/errors.ts'
import { asStoreKey } from '../../session/id.ts'
import type { StoreKey } from '../../session/id.ts'
import { removeLocked } from './create-record.ts'
import { finish } from './destroy.ts'
import { codeOf } from './file-errors.ts'
import { exists, isOlderThan, removeIfThere } from './folder.ts'
import { lockRecord, NO_FILE, peekRecord, SAFE_OPEN } from './open-record.ts'
import type { Folder } from './open-record.ts'
import { endingKey, FANS, formatPath, recordPath, tempFolder, usersFolder } from './paths.ts'
import type { Content } from './record-codec.ts'
import { ENTRY_SETTLES_MS, keysIn, namesIn, removeEpoch } from './user-index.ts'

const BATCH = 100
const LOOKS_A_TURN = 50
// Younger ones may belong to somebody who has not even locked them yet.
const TEMP_SETTLES_MS = 60_000

/** Gives others their turn, and says when to stop. */
interface Pace {
  readonly isOver: () => boolean
  /** After each file that was looked at. */
  readonly step: (hasRemoved: boolean) => Promise<void>
}

/**
 * Removes what has expired and what crashes left behind. Answers how many records and markers there were: none, when another driver or
 * process is at it already.
 */
export async function collect(folder: Folder, options: GcOptions, clock: () => number): Promise<number> {
  const fd = openSync(formatPath(folder.root), constants.O_RDWR | SAFE_OPEN)
  try {
    return folder.locks.take(fd) ? await collectAlone(folder, options, clock) : 0
  } finally {
    folder.locks.close(fd)
  }
}

async function collectAlone(folder: Folder, options: GcOptions, clock: () => number): Promise<number> {
  const pace = paceOf(options)
  let removed = 0
  for (const fan of FANS) {
    for (const name of await namesIn(`${folder.root}/${fan}`)) {
      if (pace.isOver()) return removed
      const isRemoved = await collectName(folder, name, clock())
      if (isRemoved) removed += 1
      await pace.step(isRemoved)
    }
  }
  await collectTemporary(folder, pace)
  await collectIndex(folder, pace)
  return removed
}

/** A record that has expired, or what a destroy has put aside and not finished, which counts as none. */
async function collectName(folder: Folder, name: string, now: number): Promise<boolean> {
  const key = asStoreKey(name)
  if (key !== undefined) return await collectRecord(folder, key, now)
  const ending = endingKey(name)
  if (ending !== undefined) finishIfReadable(folder, ending, now)
  return false
}

function finishIfReadable(folder: Folder, key: StoreKey, now: number): void {
  try {
    finish(folder, key, now)
  } catch (error) {
    if (!isSessionError(error) || error.code !== 'ERR_SESSION_UNREADABLE') throw error
  }
}

/** Never a held one, and never one that cannot be read. */
async function collectRecord(folder: Folder, key: StoreKey, now: number): Promise<boolean> {
  const content = await readableUnder(folder, key)
  if (content === undefined || content.expiresAt > now) return false
  const open = lockRecord(folder, key)
  if (open === undefined || open === 'busy') return false
  try {
    return open.content.expiresAt <= now && removeLocked(folder, open)
  } finally {
    folder.locks.close(open.fd)
  }
}

async function readableUnder(folder: Folder, key: StoreKey): Promise<Content | undefined> {
  try {
    return await peekRecord(folder, key)
  } catch (error) {
    if (isSessionError(error) && error.code === 'ERR_SESSION_UNREADABLE') return undefined
    throw error
  }
}

/** Temporary files whose makers are dead: nobody holds their lock. */
async function collectTemporary(folder: Folder, pace: Pace): Promise<void> {
  for (const name of await namesIn(tempFolder(folder.root))) {
    if (pace.isOver()) return
    const path = `${tempFolder(folder.root)}/${name}`
    if (isOlderThan(path, TEMP_SETTLES_MS)) removeUnlessHeld(folder, path)
    await pace.step(true)
  }
}

function removeUnlessHeld(folder: Folder, path: string): void {
  let fd: number
  try {
    fd = openSync(path, constants.O_RDWR | SAFE_OPEN)
  } catch (error) {
    const code = codeOf(error) ?? ''
    if (code === 'ENOENT' || NO_FILE.has(code)) return
    throw error
  }
  try {
    if (folder.locks.take(fd)) removeIfThere(path)
  } finally {
    folder.locks.close(fd)
  }
}

/** Index entries whose record is gone, and the folders of users who have none left. */
async function collectIndex(folder: Folder, pace: Pace): Promise<void> {
  const users = usersFolder(folder.root)
  for (const fan of await namesIn(users)) {
    for (const name of await namesIn(`${users}/${fan}`)) {
      const own = `${users}/${fan}/${name}`
      const keys = await keysIn(own)
      let left = keys.length
      for (const key of keys) {
        if (pace.isOver()) return
        const isStale = isOlderThan(`${own}/${key}`, ENTRY_SETTLES_MS) && !exists(recordPath(folder.root, key))
        if (isStale && removeIfThere(`${own}/${key}`)) left -= 1
        await pace.step(isStale)
      }
      if (left === 0) removeUser(own)
    }
  }
}

function removeUser(path: string): void {
  removeEpoch(path)
  try {
    rmdirSync(path)
  } catch (error) {
    // Somebody logs in there, or a revocation is young.
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(codeOf(error) ?? '')) throw error
  }
}

function paceOf({ batchSize = BATCH, signal }: GcOptions): Pace {
  let looks = 0
  let removals = 0
  return {
    isOver: () => signal?.aborted === true,
    step: async (hasRemoved) => {
      looks += 1
      if (hasRemoved) removals += 1
      if (looks < LOOKS_A_TURN && removals < batchSize) return
      looks = 0
      removals = 0
      await turn()
    },
  }
}
