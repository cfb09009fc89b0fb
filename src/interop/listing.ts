import type { GcOptions, ListOptions, ListPage, ListedSession, ListingDriver, StoredRecord } from '../contracts/driver.ts'
import { listed } from '../drivers/instants.ts'
import { keyBehind } from '../drivers/key-cursor.ts'
import { revokeInPasses } from '../drivers/revoke.ts'
import { answered } from '../drivers/settle.ts'
import { SessionError, isSessionError } from '../session/errors.ts'
import type { StoreKey } from '../session/id.ts'
import type { Cabinet } from './cabinet.ts'
import { storedRecord } from './contents.ts'
import type { ForeignDriver } from './foreign-driver.ts'
import type { OneProcess } from './one-process.ts'
import type { OpenShelf } from './shelf.ts'

/** What a list of somebody else's store is made of. */
export interface ListingParts {
  readonly shelf: OpenShelf
  readonly cabinet: Cabinet
  readonly shared: OneProcess
  readonly clock: () => number
}

type Listing = Pick<ListingDriver, 'list' | 'revokeUser'>

const PAGE = 100
const BATCH = 100
const READS_A_TURN = 50

/** Gives a driver its list. The store keeps no index: each list asks it for its keys. */
export function withList(driver: ForeignDriver, parts: ListingParts): ForeignDriver & Listing {
  const listing: Listing = {
    list: (options) => listPage(parts, options ?? {}),
    revokeUser: (userId, { exceptHandle } = {}) =>
      parts.shared.revoking(userId, exceptHandle, () =>
        revokeInPasses({
          // Whoever writes meanwhile is told by `revoking`.
          raiseEpoch: () => Promise.resolve(),
          list: () => keysToRevoke(parts, userId, exceptHandle),
          destroy: (key) => driver.destroy(key),
        }),
      ),
  }
  return Object.assign(driver, listing)
}

/** Removes what has ended, a batch at a time. */
export async function collect({ shelf, cabinet, shared, clock }: ListingParts, options: GcOptions): Promise<number> {
  const { batchSize = BATCH, signal } = options
  const batch = Math.max(1, batchSize)
  let removed = 0
  let inBatch = 0
  for (const key of await keysOf(shelf, 'gc', undefined)) {
    const isRemoved = await shared.inLine(key, async () => {
      const contents = await cabinet.look('gc', key).catch(ignoreUnreadable)
      if (contents === undefined || cabinet.isLive(contents, clock())) return false
      await answered('gc', () => cabinet.remove('gc', key))
      return true
    })
    if (!isRemoved) continue
    removed += 1
    inBatch += 1
    if (inBatch < batch) continue
    if (signal?.aborted === true) return removed
    inBatch = 0
    await turn()
  }
  return removed
}

async function listPage(parts: ListingParts, { userId, cursor, limit = PAGE }: ListOptions): Promise<ListPage> {
  const most = Math.max(1, limit)
  const sessions: ListedSession[] = []
  const after = keyBehind('list', cursor)
  let last = after
  let reads = 0
  for (const key of await keysAfter(parts, userId, after)) {
    if (sessions.length === most) return { sessions, cursor: last }
    last = key
    if (++reads % READS_A_TURN === 0) await turn()
    const record = await recordUnder(parts, key, userId)
    if (record !== undefined) sessions.push(listed(key, record))
  }
  return { sessions, cursor: undefined }
}

async function keysToRevoke(parts: ListingParts, userId: string, exceptHandle: string | undefined): Promise<StoreKey[]> {
  const keys: StoreKey[] = []
  for (const key of await keysOf(parts.shelf, 'revokeUser', userId)) {
    const record = await recordUnder(parts, key, userId)
    if (record !== undefined && record.handle !== exceptHandle) keys.push(key)
  }
  return keys
}

async function keysAfter({ shelf }: ListingParts, userId: string | undefined, cursor: string): Promise<StoreKey[]> {
  const keys = await keysOf(shelf, 'list', userId)
  return keys.filter((key) => key > cursor).toSorted((one, other) => (one < other ? -1 : 1))
}

/** The session under a key, where it lives and is this user's. One that cannot be read is nobody's. */
function recordUnder(
  { cabinet, shared, clock }: ListingParts,
  key: StoreKey,
  userId: string | undefined,
): Promise<StoredRecord | undefined> {
  return shared.inLine(key, async () => {
    const contents = await cabinet.find('list', key, clock()).catch(ignoreUnreadable)
    const record = contents && storedRecord(contents)
    return userId === undefined || record?.userId === userId ? record : undefined
  })
}

async function keysOf(shelf: OpenShelf, operation: string, userId: string | undefined): Promise<readonly StoreKey[]> {
  try {
    return await shelf.keys(userId)
  } catch (cause) {
    throw SessionError.driverFailed(operation, 'The store gave an error.', { cause })
  }
}

function ignoreUnreadable(error: unknown): undefined {
  if (!isSessionError(error) || error.code !== 'ERR_SESSION_UNREADABLE') throw error
  return undefined
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve))
}
