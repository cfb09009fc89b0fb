import { setImmediate as turn } from 'node:timers/promises'
import type { ListedSession, ListOptions, ListPage, StoredRecord } from '../../contracts/driver.ts'
import { isSessionError } from '../../session/errors.ts'
import type { StoreKey } from '../../session/id.ts'
import { listed } from '../instants.ts'
import { keyBehind } from '../key-cursor.ts'
import { revokeInPasses } from '../revoke.ts'
import { destroy } from './destroy.ts'
import type { Folder } from './open-record.ts'
import { FANS } from './paths.ts'
import { liveNow, readLive } from './unleased-steps.ts'
import { entriesNow, entriesOf, keysIn, pruneEntry, raiseEpoch } from './user-index.ts'

const PAGE = 100
const READS_A_TURN = 50

/** Reads a page: as many records as a page may have, in the order of their keys. Those that have ended make it shorter. */
export async function listPage(folder: Folder, { userId, cursor, limit = PAGE }: ListOptions, now: number): Promise<ListPage> {
  const most = Math.max(1, limit)
  const sessions: ListedSession[] = []
  const after = keyBehind('list', cursor)
  let last = after
  let reads = 0
  for await (const key of keysAfter(folder, userId, after)) {
    if (reads === most) return { sessions, cursor: last }
    // One that was new at a second look may stand before others.
    if (key > last) last = key
    reads += 1
    if (reads % READS_A_TURN === 0) await turn()
    const record = await sessionUnder(folder, key, userId, now)
    if (record !== undefined) sessions.push(listed(key, record))
  }
  return { sessions, cursor: undefined }
}

/** Ends a user's sessions, and those that log in meanwhile. */
export async function revokeUser(folder: Folder, userId: string, exceptHandle: string | undefined, clock: () => number): Promise<number> {
  const isMeant = (record: StoredRecord | undefined): boolean => record?.userId === userId && record.handle !== exceptHandle
  return revokeInPasses({
    raiseEpoch: async () => raiseEpoch(folder, userId, exceptHandle),
    list: async () => {
      const keys: StoreKey[] = []
      for await (const key of keysOfUser(folder, userId)) if (isMeant(await sessionUnder(folder, key, userId, clock()))) keys.push(key)
      if (keys.length > 0) return keys
      // The last look, in one step. A login that is under way is refused for it, and one that was answered is seen: none is left that was answered before this.
      raiseEpoch(folder, userId, exceptHandle)
      return entriesNow(folder, userId).filter((key) => isMeant(sessionNow(folder, key, clock())))
    },
    destroy: (key) => destroy(folder, key, clock()),
  })
}

/** The keys behind a cursor, in their order. */
export async function* keysAfter(folder: Folder, userId: string | undefined, cursor: string): AsyncGenerator<StoreKey> {
  if (userId !== undefined) {
    yield* keysOfUser(folder, userId, cursor)
    return
  }
  for (const fan of FANS) {
    if (fan < cursor.slice(0, 2)) continue
    for (const key of await keysIn(`${folder.root}/${fan}`)) if (key > cursor) yield key
  }
}

/** A session that takes a new id meanwhile shows a marker under the old key and a new entry: it is looked again until none is new. */
async function* keysOfUser(folder: Folder, userId: string, cursor = ''): AsyncGenerator<StoreKey> {
  const seen = new Set<StoreKey>()
  for (let size = -1; size !== seen.size;) {
    size = seen.size
    for (const key of await entriesOf(folder, userId)) {
      if (key <= cursor || seen.has(key)) continue
      seen.add(key)
      yield key
    }
  }
}

/** The session under a key in this very moment. */
function sessionNow(folder: Folder, key: StoreKey, now: number): StoredRecord | undefined {
  try {
    const content = liveNow(folder, key, now)
    return content?.kind === 'record' ? content.record : undefined
  } catch (error) {
    if (!isSessionError(error) || error.code !== 'ERR_SESSION_UNREADABLE') throw error
    return undefined
  }
}

/** The session under a key, where it lives and is this user's. One that cannot be read is nobody's. */
async function sessionUnder(folder: Folder, key: StoreKey, userId: string | undefined, now: number): Promise<StoredRecord | undefined> {
  try {
    const content = await readLive(folder, key, now)
    if (content?.kind === 'record' && (userId === undefined || content.record.userId === userId)) return content.record
  } catch (error) {
    if (!isSessionError(error) || error.code !== 'ERR_SESSION_UNREADABLE') throw error
    return undefined
  }
  if (userId !== undefined) pruneEntry(folder, userId, key)
  return undefined
}
