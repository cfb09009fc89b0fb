import type { Marker, StoredRecord } from '../contracts/driver.ts'
import type { StoreKey } from '../session/id.ts'
import { type Due, DueHeap } from './due-heap.ts'
import { keyBehind } from './key-cursor.ts'

/** What lives under one key: a record or a marker, and perhaps a lease. */
export interface Entry extends Due {
  readonly key: StoreKey
  /** `undefined`: the entry is a marker. */
  record: StoredRecord | undefined
  marker: Marker | undefined
  expiresAt: number
  leaseToken: string | undefined
  /** Unix milliseconds. */
  leaseEndsAt: number
  older: Entry | undefined
  newer: Entry | undefined
}

/** What one look over expired entries did: `more` when the limit ended it. */
export interface Sweep {
  readonly removed: number
  readonly more: boolean
}

const SHELVES = 256
/** A cursor between two shelves. */
const SHELF_FORM = /^[0-9a-f]{2}$/
/** Entries looked at for one page of a list, so that a page stalls nobody. */
const LOOKED_AT = 5000
/** Steps in which expired entries are looked for before a live one is evicted. */
const LOOKS_FOR_ROOM = 64

/**
 * The bounded table behind `MemoryDriver`. Entries stand on 256 shelves by the first byte of their keys: a `Map` of a million
 * entries stops the event loop whenever it grows, and could be listed neither in a stable order nor in short steps.
 */
export class MemoryTable {
  readonly #maxEntries: number
  readonly #shelves: (Map<StoreKey, Entry> | undefined)[] = Array.from({ length: SHELVES })
  readonly #byUser = new Map<string, Set<Entry>>()
  readonly #dues = new DueHeap<Entry>()
  #oldest: Entry | undefined
  #newest: Entry | undefined
  #size = 0

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries
  }

  get size(): number {
    return this.#size
  }

  /** The entry under a key, if it lives. That is a use: it becomes the last to be evicted. */
  find(key: StoreKey, now: number): Entry | undefined {
    const entry = this.#shelves[shelfOf(key)]?.get(key)
    if (entry === undefined) return undefined
    if (!isLive(entry, now)) {
      this.remove(entry)
      return undefined
    }
    if (entry !== this.#newest) {
      this.#unlink(entry)
      this.#link(entry)
    }
    return entry
  }

  /** Makes room for one more entry, or answers `false` when everything is leased. Expired entries go first, then the least recently used. */
  makeRoom(now: number): boolean {
    if (this.#size < this.#maxEntries) return true
    for (let step = 0; step < LOOKS_FOR_ROOM; step++) {
      const { removed, more } = this.sweep(now, 1)
      if (removed > 0) return true
      if (!more) break
    }
    let entry = this.#oldest
    while (entry !== undefined && isLeased(entry, now)) entry = entry.newer
    if (entry === undefined) return false
    this.remove(entry)
    return true
  }

  /** Adds a record under a key that has nothing. */
  add(key: StoreKey, record: StoredRecord): Entry {
    const { expiresAt } = record
    const entry: Entry = {
      key,
      record,
      marker: undefined,
      expiresAt,
      leaseToken: undefined,
      leaseEndsAt: 0,
      older: undefined,
      newer: undefined,
      due: expiresAt,
      slot: 0,
    }
    const at = shelfOf(key)
    const shelf = (this.#shelves[at] ??= new Map())
    shelf.set(key, entry)
    this.#size += 1
    this.#link(entry)
    this.#dues.push(entry)
    this.#index(entry, record.userId)
    return entry
  }

  /** Puts another record in an entry's place. */
  put(entry: Entry, record: StoredRecord): void {
    const userId = entry.record?.userId
    if (userId !== record.userId) {
      this.#unindex(entry, userId)
      this.#index(entry, record.userId)
    }
    entry.record = record
    this.#endsAt(entry, record.expiresAt)
  }

  /** Puts a marker in an entry's place. Its lease is over. */
  mark(entry: Entry, marker: Marker, expiresAt: number): void {
    this.#unindex(entry, entry.record?.userId)
    entry.record = undefined
    entry.marker = marker
    entry.leaseToken = undefined
    this.#endsAt(entry, expiresAt)
  }

  /** Ends an entry's lease. */
  free(entry: Entry): void {
    entry.leaseToken = undefined
    this.#endsAt(entry, entry.expiresAt)
  }

  /** Ends all leases. */
  freeAll(): void {
    for (let entry = this.#oldest; entry !== undefined; entry = entry.newer) if (entry.leaseToken !== undefined) this.free(entry)
  }

  remove(entry: Entry): void {
    this.#shelves[shelfOf(entry.key)]?.delete(entry.key)
    this.#size -= 1
    this.#unlink(entry)
    this.#dues.remove(entry)
    this.#unindex(entry, entry.record?.userId)
  }

  /** Removes expired entries, in at most so many steps. */
  sweep(now: number, steps: number): Sweep {
    let removed = 0
    for (let step = 0; step < steps; step++) {
      const entry = this.#dues.first
      if (entry === undefined || entry.due > now) return { removed, more: false }
      if (isLive(entry, now)) {
        this.#dues.remove(entry)
        entry.due = isLeased(entry, now) ? Math.max(entry.expiresAt, entry.leaseEndsAt) : entry.expiresAt
        this.#dues.push(entry)
      } else {
        this.remove(entry)
        removed += 1
      }
    }
    return { removed, more: true }
  }

  /** All entries of a user, dead ones included. */
  ofUser(userId: string): ReadonlySet<Entry> | undefined {
    return this.#byUser.get(userId)
  }

  /** Entries with keys after the cursor, in the order of their keys, and the cursor for those behind them. */
  page(
    operation: string,
    userId: string | undefined,
    from: string | undefined,
    limit: number,
  ): { readonly entries: readonly Entry[]; readonly cursor: string | undefined } {
    const cursor = from !== undefined && SHELF_FORM.test(from) ? from : keyBehind(operation, from)
    if (userId !== undefined) {
      const entries = behind(this.#byUser.get(userId) ?? [], cursor)
      const page = entries.slice(0, limit)
      return { entries: page, cursor: page.length < entries.length ? page.at(-1)?.key : undefined }
    }
    const entries: Entry[] = []
    let looked = 0
    for (let at = shelfOf(cursor); at < SHELVES; at++) {
      const shelf = this.#shelves[at]
      if (shelf === undefined || shelf.size === 0) continue
      if (entries.length >= limit || looked >= LOOKED_AT) return { entries, cursor: at.toString(16).padStart(2, '0') }
      const found = behind(shelf.values(), cursor)
      const page = found.slice(0, limit - entries.length)
      for (const entry of page) entries.push(entry)
      if (page.length < found.length) return { entries, cursor: page.at(-1)?.key }
      looked += shelf.size
    }
    return { entries, cursor: undefined }
  }

  // The heap is told of a later end only when the earlier one has come: most records are used again long before.
  #endsAt(entry: Entry, expiresAt: number): void {
    entry.expiresAt = expiresAt
    if (expiresAt >= entry.due) return
    this.#dues.remove(entry)
    entry.due = expiresAt
    this.#dues.push(entry)
  }

  #link(entry: Entry): void {
    entry.older = this.#newest
    entry.newer = undefined
    if (this.#newest === undefined) this.#oldest = entry
    else this.#newest.newer = entry
    this.#newest = entry
  }

  #unlink(entry: Entry): void {
    if (entry.older === undefined) this.#oldest = entry.newer
    else entry.older.newer = entry.newer
    if (entry.newer === undefined) this.#newest = entry.older
    else entry.newer.older = entry.older
  }

  #index(entry: Entry, userId: string | undefined): void {
    if (userId === undefined) return
    const entries = this.#byUser.get(userId)
    if (entries === undefined) this.#byUser.set(userId, new Set([entry]))
    else entries.add(entry)
  }

  #unindex(entry: Entry, userId: string | undefined): void {
    const entries = userId === undefined ? undefined : this.#byUser.get(userId)
    if (userId === undefined || entries === undefined) return
    entries.delete(entry)
    if (entries.size === 0) this.#byUser.delete(userId)
  }
}

export function isLeased(entry: Entry, now: number): boolean {
  return entry.leaseToken !== undefined && entry.leaseEndsAt > now
}

export function isLive(entry: Entry, now: number): boolean {
  return entry.expiresAt > now || isLeased(entry, now)
}

function behind(entries: Iterable<Entry>, cursor: string): Entry[] {
  return [...entries].filter((entry) => entry.key > cursor).toSorted((one, other) => (one.key < other.key ? -1 : 1))
}

/** The number that the first two hex digits of a key make. An empty cursor stands before all of them. */
function shelfOf(key: string): number {
  return key === '' ? 0 : ((digit(key, 0) << 4) | digit(key, 1)) & (SHELVES - 1)
}

function digit(key: string, at: number): number {
  const code = key.charCodeAt(at)
  return code > 57 ? code - 87 : code - 48
}
