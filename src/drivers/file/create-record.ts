import { fstatSync, linkSync } from 'node:fs'
import { dirname } from 'node:path'
import type { StoreKey } from '../../session/id.ts'
import { isSessionError, SessionError } from '../../session/errors.ts'
import { codeOf } from './file-errors.ts'
import { assertThere, makeFile, makeFolder, removeIfThere, removeQuietly, syncFolder } from './folder.ts'
import { isLinked, lockRecord } from './open-record.ts'
import type { Folder, OpenRecord } from './open-record.ts'
import { newTempPath, recordPath, tempFolder } from './paths.ts'
import type { Content } from './record-codec.ts'
import { writeFirstSlotDurably, writeSlot } from './slot-io.ts'

/**
 * Makes a record under a key that is free, and holds its lock; `undefined` when the key is taken.
 * The file is whole before it gets its name, and a crash leaves a record or a temporary file that nobody holds.
 *
 * @param now An expired record under the key, in Unix milliseconds, is no record: it makes room.
 */
export async function createRecord<Made extends Content>(
  folder: Folder,
  key: StoreKey,
  image: Buffer,
  content: Made,
  now: number,
): Promise<(OpenRecord & { readonly content: Made }) | undefined> {
  const path = recordPath(folder.root, key)
  for (let attempt = 0; attempt < 10; attempt++) {
    const temp = newTempPath(folder.root)
    const fd = makeTemporary(folder.root, temp)
    let isKept = false
    try {
      // Without the lock a collector takes it for what a crash left.
      if (!folder.locks.take(fd)) continue
      const state = folder.isDurable ? await writeFirstSlotDurably(fd, image) : writeSlot(fd, undefined, image)
      const linked = giveName(folder, key, temp, path, now)
      if (linked === 'again') {
        if (folder.isDurable) await syncFolder(folder.root)
        continue
      }
      if (linked === 'taken') return undefined
      if (folder.isDurable) await syncFolder(dirname(path))
      isKept = true
      return { key, path, fd, ino: fstatSync(fd).ino, state, content }
    } finally {
      if (!isKept) folder.locks.close(fd)
      removeQuietly(temp)
    }
  }
  throw SessionError.driverFailed('insert', 'The file vanished before it had its name, ten times: does something else delete files there?')
}

/** A clean-up that takes away empty folders takes the one for temporary files: it is made anew. */
function makeTemporary(root: string, path: string): number {
  try {
    return makeFile(path)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
    assertThere(root)
    makeFolder(tempFolder(root))
    return makeFile(path)
  }
}

/**
 * Takes the name from a record whose lock is held. Answers whether it still had it. Between the look and the removal nobody can give
 * the name to another file: making room for one takes this lock, and a key is never used again after a destroy.
 */
export function removeLocked(folder: Folder, record: OpenRecord): boolean {
  return isLinked(folder, record) && removeIfThere(record.path)
}

/** As `removeLocked`, and a loss of power does not bring it back. */
export async function removeLockedForGood(folder: Folder, record: OpenRecord): Promise<boolean> {
  const wasThere = removeLocked(folder, record)
  if (wasThere && folder.isDurable) await syncFolder(dirname(record.path))
  return wasThere
}

function giveName(folder: Folder, key: StoreKey, temp: string, path: string, now: number): 'linked' | 'taken' | 'again' {
  try {
    linkSync(temp, path)
    return 'linked'
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return makeRoom(folder, key, now) ? giveName(folder, key, temp, path, now) : 'taken'
    if (codeOf(error) !== 'ENOENT') throw error
    // Its folder may be missing, or the temporary file: both are made anew.
    makeFolder(dirname(path))
    return 'again'
  }
}

function makeRoom(folder: Folder, key: StoreKey, now: number): boolean {
  try {
    const old = lockRecord(folder, key)
    if (old === undefined) return true
    if (old === 'busy') return false
    try {
      return old.content.expiresAt <= now && removeLocked(folder, old)
    } finally {
      folder.locks.close(old.fd)
    }
  } catch (error) {
    if (isSessionError(error) && error.code === 'ERR_SESSION_UNREADABLE') return false
    throw error
  }
}
