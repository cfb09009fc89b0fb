import type { ListOptions, ListPage, ListedSession } from '../../contracts/driver.ts'
import { type StoreKey, asStoreKey } from '../../session/id.ts'
import { keyBehind } from '../key-cursor.ts'
import type { Row } from './bridges/bridge.ts'
import type { DatabaseStore } from './database-store.ts'
import { headOf } from './rows.ts'

const PAGE = 100

/** Lists sessions in the order of their keys. */
export async function listPage(store: DatabaseStore, { userId, cursor, limit = PAGE }: ListOptions): Promise<ListPage> {
  const after = keyBehind('list', cursor)
  const most = Math.max(1, Math.floor(limit))
  const rows = await store.rowsAfter('list', after, most, userId)
  const last = rows.length === most ? rows.at(-1) : undefined
  return { sessions: rows.flatMap((row) => listedIn(row, userId)), cursor: last && keyOf(last) }
}

/** The keys of all sessions of a user. */
export async function keysOfUser(store: DatabaseStore, userId: string, exceptHandle: string | undefined): Promise<StoreKey[]> {
  const keys: StoreKey[] = []
  for (let after = ''; ;) {
    const rows = await store.rowsAfter('revokeUser', after, PAGE, userId)
    for (const row of rows) for (const { key, handle } of listedIn(row, userId)) if (handle !== exceptHandle) keys.push(key)
    const last = rows.at(-1)
    if (last === undefined || rows.length < PAGE) return keys
    after = keyOf(last) ?? ''
  }
}

/** A record that cannot be read is nobody's. A database may take users for one that differ in spaces at the end: their ids tell them apart. */
function listedIn(row: Row, userId: string | undefined): ListedSession[] {
  const key = asStoreKey(row['session_id'])
  if (key === undefined) return []
  try {
    const metadata = headOf(key, row)?.metadata
    return metadata === undefined || (userId !== undefined && metadata.userId !== userId) ? [] : [{ key, ...metadata }]
  } catch {
    return []
  }
}

function keyOf(row: Row): string | undefined {
  const key = row['session_id']
  return typeof key === 'string' ? key : undefined
}
