import { constants, linkSync, renameSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Destroyed } from '../../contracts/driver.ts'
import { SessionError } from '../../session/errors.ts'
import type { StoreKey } from '../../session/id.ts'
import { codeOf } from './file-errors.ts'
import { exists, removeIfThere, syncFolder } from './folder.ts'
import { openRecord, peekOpen, SAFE_OPEN } from './open-record.ts'
import type { Folder } from './open-record.ts'
import { endingPath, recordPath } from './paths.ts'
import type { Content } from './record-codec.ts'
import { forgetEntry } from './user-index.ts'

// A holder may put a marker over the record at any moment, and a lock that others hold cannot be waited for. So the record is put aside first: from then on
// a holder finds that it has lost its name, and does not count what it writes. What lies aside is read then, and a marker that leads on and was put there
// before gets its name back. Who dies in between leaves the file aside, for the next destroy or the collection to finish.

const READ_WRITE = constants.O_RDWR | SAFE_OPEN
/** Each round, another process has changed what is there. */
const MOST_ROUNDS = 10

/**
 * Removes what lives under a key, whoever holds it; the marker of a rotation stays. A key is random and never given twice, so nobody makes a new file under the name
 * meanwhile; where an expired one makes room for an insert at that very moment, the new one is removed, as by a destroy that came after the insert.
 */
export async function destroy(folder: Folder, key: StoreKey, now: number): Promise<Destroyed> {
  const path = recordPath(folder.root, key)
  let hasMoved = false
  for (let round = 1; round <= MOST_ROUNDS; round++) {
    const fd = openRecord(folder, key, path, READ_WRITE)
    try {
      const there = wayIn(fd, now)
      if (there !== undefined) return there
      // Only what is open: whoever finishes it, what became of it can still be read.
      const wasThere = fd !== undefined && putAside(path, endingPath(folder.root, key))
      hasMoved ||= wasThere
      const ended = finish(folder, key, now) ?? (wasThere && !exists(path) ? wayIn(fd, now) : undefined)
      // What was aside when it was looked for there may be back.
      if (ended === undefined && (wasThere || exists(path))) continue
      if (folder.isDurable && (ended !== undefined || hasMoved)) await syncFolder(dirname(path))
      return ended ?? { kind: 'nothing' }
    } finally {
      if (fd !== undefined) folder.locks.close(fd)
    }
  }
  throw SessionError.driverFailed('destroy', 'Others destroyed the session and changed its id again and again. Call it again.')
}

/** Finishes what a destroy has begun. `undefined`: there is nothing aside, or another was faster. */
export function finish(folder: Folder, key: StoreKey, now: number): Destroyed | undefined {
  const path = recordPath(folder.root, key)
  const aside = endingPath(folder.root, key)
  const fd = openRecord(folder, key, aside, READ_WRITE)
  if (fd === undefined) return undefined
  try {
    const before = peekOpen(fd)
    if (leadsOn(before, now)) return giveBack(aside, path) ? { kind: 'marker', marker: before.marker } : undefined
    if (!removeIfThere(aside)) return undefined
    // Read once more: a marker may have come since, and another destroy may have seen it and given it its name back.
    const content = peekOpen(fd)
    if (content?.kind === 'record') forgetEntry(folder, content.record.userId, key)
    if (content !== undefined && content.expiresAt <= now && folder.locks.take(fd)) return { kind: 'nothing' }
    return content?.kind === 'marker' ? { kind: 'marker', marker: content.marker } : { kind: 'record' }
  } finally {
    folder.locks.close(fd)
  }
}

function wayIn(fd: number | undefined, now: number): Destroyed | undefined {
  const content = fd === undefined ? undefined : peekOpen(fd)
  return leadsOn(content, now) ? { kind: 'marker', marker: content.marker } : undefined
}

function leadsOn(content: Content | undefined, now: number): content is Extract<Content, { readonly kind: 'marker' }> {
  return content?.kind === 'marker' && content.marker.reason === 'rotation' && content.expiresAt > now
}

function putAside(path: string, aside: string): boolean {
  try {
    renameSync(path, aside)
    return true
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    throw error
  }
}

/** Another may have done so already, or has removed what lay there. */
function giveBack(aside: string, path: string): boolean {
  try {
    linkSync(aside, path)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    if (codeOf(error) !== 'EEXIST') throw error
  }
  removeIfThere(aside)
  return true
}
