import type { GcOptions, ListOptions, ListPage, ListedSession } from '../../contracts/driver.ts'
import { isSessionError } from '../../session/errors.ts'
import { type StoreKey, asStoreKey } from '../../session/id.ts'
import { wrongCursor } from '../key-cursor.ts'
import type { Head } from './layout.ts'
import type { RedisLine } from './line.ts'
import { RedisFailure } from './redis-errors.ts'
import type { RedisStore } from './redis-store.ts'
import { type Place, scanStep } from './scan.ts'
import { type Entries, type Entry, USER, type UserIndex, YOUNG_MS } from './user-index.ts'

/** What a walk over sessions needs. */
export interface Walk {
  readonly line: RedisLine
  readonly store: RedisStore
  readonly index: UserIndex
  readonly prefix: string
}

const PAGE = 100
const PEEKS_AT_ONCE = 100
/** How many steps over keys that are no sessions a page may take before it ends without one. */
export const EMPTY_STEPS = 10
const ENTRIES_A_STEP = 500
/** How often a list looks for a session that changes its id again and again. */
const MOST_LOOKS = 20
const INDEX_NAME = new RegExp(`^${USER}[0-9a-f]{64}$`)

/** Lists sessions page by page: a user's by the index, all by walking over the keys. Each is looked at itself; no contents are read. */
export function listPage(walk: Walk, { userId, cursor, limit = PAGE }: ListOptions): Promise<ListPage> {
  const most = Math.max(1, Math.floor(limit))
  return userId === undefined ? pageOfAll(walk, cursor, most) : pageOfUser(walk, userId, cursor, most)
}

async function pageOfUser(walk: Walk, userId: string, cursor: string | undefined, most: number): Promise<ListPage> {
  const after = cursor === undefined ? undefined : entryIn(cursor)
  // Several may have been entered in one millisecond: those that were listed are passed over.
  for (let skip = 0; ; skip += most) {
    const found = await walk.index.entries('list', userId, after?.enteredAt ?? 0, skip, most)
    const { entries } = found
    const fresh = entries.filter((entry) => after === undefined || isAfter(entry, after))
    if (fresh.length === 0 && entries.length === most) continue
    const heads = new Map(await peekAll(walk.store, 'list', fresh))
    await walk.index.forget(userId, staleOf({ ...found, entries: fresh }, heads))
    // One that changed its id since the entries were read has a newer one: it is on the last page, with those that came meanwhile.
    if (entries.length < most && [...heads.values()].some(isMarker)) {
      for (const [key, head] of await movedOn(walk, userId, after, heads)) heads.set(key, head)
    }
    const last = entries.length === most ? entries.at(-1) : undefined
    return { sessions: sessionsIn(heads, userId), cursor: last && `${last.enteredAt}:${last.key}` }
  }
}

async function pageOfAll(walk: Walk, cursor: string | undefined, most: number): Promise<ListPage> {
  let place = cursor === undefined ? undefined : placeIn('list', cursor)
  for (let step = 1; ; step++) {
    const { names, next } = await scanStep(walk.line, 'list', walk.prefix, place, most)
    const keys = names.flatMap((name) => asStoreKey(name.slice(walk.prefix.length)) ?? [])
    const sessions = sessionsIn(
      await peekAll(
        walk.store,
        'list',
        keys.map((key) => ({ key })),
      ),
      undefined,
    )
    if (next === undefined) return { sessions, cursor: undefined }
    if (sessions.length > 0 || step === EMPTY_STEPS) return { sessions, cursor: cursorAt(next) }
    place = next
  }
}

/** What a user has under keys that were not looked at yet: again and again, until nothing more has changed its id. */
async function movedOn({ index, store }: Walk, userId: string, after: Entry | undefined, seen: Heads): Promise<Heads> {
  const found = new Map<StoreKey, Head | undefined | 'unreadable'>()
  for (let looks = 0, hasMoved = true; hasMoved && looks < MOST_LOOKS; looks++) {
    const { entries } = await index.entries('list', userId, after?.enteredAt ?? 0, 0, -1)
    const fresh = entries.filter((entry) => !seen.has(entry.key) && !found.has(entry.key) && (after === undefined || isAfter(entry, after)))
    const heads = await peekAll(store, 'list', fresh)
    for (const [key, head] of heads) found.set(key, head)
    hasMoved = [...heads.values()].some(isMarker)
  }
  return found
}

/**
 * The keys of all sessions of a user, as a revocation needs them: a session that moves meanwhile is entered and inserted under its new key before
 * its old one shows a marker, so a marker that was not there before asks for another look.
 */
export async function keysOfUser({ index, store }: Walk, userId: string, exceptHandle: string | undefined): Promise<StoreKey[]> {
  const markers = new Set<StoreKey>()
  for (;;) {
    const found = await index.entries('revokeUser', userId, 0, 0, -1)
    const heads = await peekAll(store, 'revokeUser', found.entries)
    const known = markers.size
    for (const [key, head] of heads) if (isMarker(head)) markers.add(key)
    if (markers.size > known) continue
    await index.forget(userId, staleOf(found, heads))
    return sessionsIn(heads, userId).flatMap(({ key, handle }) => (handle === exceptHandle ? [] : [key]))
  }
}

/** Removes entries under which there is no session any more. Sessions themselves Redis removes. */
export async function prune({ line, index, store, prefix }: Walk, { batchSize = PAGE, signal }: GcOptions): Promise<void> {
  let place: Place | undefined
  for (;;) {
    const { names, next } = await scanStep(line, 'gc', prefix + USER, place, Math.max(1, batchSize))
    for (const name of names) {
      // Another program's, or another prefix that begins with this one, may have keys here too.
      if (INDEX_NAME.test(name.slice(prefix.length))) await pruneIndex(index, store, name, signal).catch(passOtherType)
      if (signal?.aborted === true) return
    }
    if (next === undefined || signal?.aborted === true) return
    place = next
  }
}

/** A step at a time: a user may have more entries than one command should remove, and what was removed stays so when it is stopped. */
async function pruneIndex(index: UserIndex, store: RedisStore, name: string, signal: AbortSignal | undefined): Promise<void> {
  for (let skip = 0; ;) {
    const found = await index.entriesIn('gc', name, 0, skip, ENTRIES_A_STEP)
    const stale = staleOf(found, await peekAll(store, 'gc', found.entries))
    await index.forgetIn(name, stale)
    if (found.entries.length < ENTRIES_A_STEP && skip === 0 && stale.length === found.entries.length) await index.shrink(name)
    if (found.entries.length < ENTRIES_A_STEP || signal?.aborted === true) return
    skip += found.entries.length - stale.length
  }
}

function passOtherType(error: unknown): void {
  const cause = isSessionError(error) ? error.cause : undefined
  if (!(cause instanceof RedisFailure) || cause.code !== 'WRONGTYPE') throw error
}

type Heads = ReadonlyMap<StoreKey, Head | undefined | 'unreadable'>

async function peekAll(store: RedisStore, operation: string, entries: readonly { readonly key: StoreKey }[]): Promise<Heads> {
  const heads = new Map<StoreKey, Head | undefined | 'unreadable'>()
  for (let at = 0; at < entries.length; at += PEEKS_AT_ONCE) {
    const some = entries.slice(at, at + PEEKS_AT_ONCE)
    const found = await Promise.all(some.map(({ key }) => store.peek(operation, key).catch(unreadable)))
    for (const [n, { key }] of some.entries()) heads.set(key, found[n])
  }
  return heads
}

/** A record that cannot be read is nobody's. */
function unreadable(error: unknown): 'unreadable' {
  if (isSessionError(error) && error.code === 'ERR_SESSION_UNREADABLE') return 'unreadable'
  throw error
}

function sessionsIn(heads: Heads, userId: string | undefined): ListedSession[] {
  return [...heads].flatMap(([key, head]) => {
    if (head === undefined || head === 'unreadable' || head.kind !== 'record') return []
    return userId === undefined || head.metadata.userId === userId ? [{ key, ...head.metadata }] : []
  })
}

/** A marker never becomes a session again. Under a young entry there may be none yet: it is written before its record. */
function staleOf({ entries, now }: Entries, heads: Heads): StoreKey[] {
  return entries.flatMap(({ key, enteredAt }) => {
    const head = heads.get(key)
    if (head === undefined) return enteredAt < now - YOUNG_MS ? [key] : []
    return isMarker(head) ? [key] : []
  })
}

function isMarker(head: Head | undefined | 'unreadable'): boolean {
  return head !== undefined && head !== 'unreadable' && head.kind === 'marker'
}

function isAfter(entry: Entry, { enteredAt, key }: Entry): boolean {
  return entry.enteredAt > enteredAt || (entry.enteredAt === enteredAt && entry.key > key)
}

function entryIn(cursor: string): Entry {
  const [instant = '', text] = cursor.split(':')
  const key = asStoreKey(text)
  if (key === undefined || !/^\d+$/.test(instant)) throw wrongCursor('list')
  return { key, enteredAt: Number(instant) }
}

/** Where a walk goes on, as a text. */
export function cursorAt({ master, cursor, pending }: Place): string {
  return JSON.stringify([master, cursor, ...pending])
}

export function placeIn(operation: string, cursor: string): Place {
  let parts: unknown
  try {
    parts = JSON.parse(cursor)
  } catch {
    throw wrongCursor(operation)
  }
  const [master, at, ...pending]: readonly unknown[] = Array.isArray(parts) ? parts : []
  if (typeof master !== 'string' || typeof at !== 'string' || !/^\d+$/.test(at) || !pending.every((name) => typeof name === 'string')) {
    throw wrongCursor(operation)
  }
  return { master, cursor: at, pending }
}
