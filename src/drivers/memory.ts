import type {
  AcquireOptions,
  Acquired,
  CommitOptions,
  CommitResult,
  Destroyed,
  Durations,
  Found,
  GcOptions,
  Lease,
  ListOptions,
  ListPage,
  ListedSession,
  ListingDriver,
  LockingDriver,
  MarkerWrite,
  RecordWrite,
  RewritingDriver,
  StoredRecord,
  TextsWrite,
  UpdateResult,
  Version,
} from '../contracts/driver.ts'
import type { SurveyOptions, SurveyPage, SurveyingDriver } from '../contracts/surveying-driver.ts'
import { SessionError } from '../session/errors.ts'
import type { StoreKey } from '../session/id.ts'
import { booleanOption, checkFunction, integerOption, knownFields } from '../session/option-check.ts'
import { builtin } from '../session/runtime.ts'
import { listed, markerExpiry, recordOf, rewritten, sameVersion, touched } from './instants.ts'
import { surveyTable } from './memory-survey.ts'
import { type Entry, MemoryTable, isLeased, isLive } from './memory-table.ts'

/** How much is kept. */
export interface MemoryDriverOptions {
  /**
   * Records and markers kept at most. Default: 100,000. At the limit the expired go first, then the least recently used, whose users
   * are logged out by that. About 1 kB of memory a session of ordinary size.
   */
  readonly maxEntries?: number | undefined
  /** Unix milliseconds. Default: `Date.now`. */
  readonly clock?: (() => number) | undefined
  /** `true` leaves out the warning that a process gets once, in production and in a cluster. Default: `false`. */
  readonly acknowledged?: boolean | undefined
}

const GC_BATCH = 500
const MOST_ENTRIES = 1_000_000_000
const PAGE = 100
// Answers without facts are made once.
const GONE = Promise.resolve({ kind: 'gone' } as const)
const LOST = Promise.resolve({ kind: 'lost' } as const)
const BUSY = Promise.resolve({ kind: 'busy' } as const)
const CONFLICT = Promise.resolve({ kind: 'conflict' } as const)
const ABSENT = Promise.resolve({ kind: 'absent' } as const)
const NOTHING = Promise.resolve({ kind: 'nothing' } as const)
const RECORD = Promise.resolve({ kind: 'record' } as const)
const NONE = Promise.resolve(undefined)
const DONE: Promise<void> = NONE
const YES = Promise.resolve(true)
const NO = Promise.resolve(false)

/**
 * Keeps sessions in the memory of this process: for tests, development, and servers of one process that may forget.
 *
 * A restart loses all sessions, and no other process sees them. The table is bounded: when `maxEntries` is reached, a new session pushes
 * out the one that was used least recently, and its user is logged out. A session under a live lease is never pushed out; when all
 * are, `insert` and `replace` reject with `ERR_SESSION_DRIVER_FAILED`.
 *
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 */
export class MemoryDriver implements LockingDriver, ListingDriver, RewritingDriver, SurveyingDriver {
  readonly name = 'memory'
  readonly expiresByItself = false
  readonly boundsAnswers = true
  readonly #table: MemoryTable
  readonly #clock: () => number
  readonly #maxEntries: number

  constructor(options: MemoryDriverOptions = {}) {
    knownFields('', options, ['maxEntries', 'clock', 'acknowledged'])
    const maxEntries = integerOption('maxEntries', options.maxEntries, 100_000, 1, MOST_ENTRIES)
    const { clock = Date.now } = options
    checkFunction('clock', clock)
    this.#maxEntries = maxEntries
    this.#table = new MemoryTable(maxEntries)
    this.#clock = clock
    if (!booleanOption('acknowledged', options.acknowledged, false)) warnOnce()
  }

  open(): Promise<void> {
    return DONE
  }

  close(): Promise<void> {
    this.#table.freeAll()
    return DONE
  }

  read(key: StoreKey): Promise<Found | undefined> {
    const now = this.#clock()
    const entry = this.#table.find(key, now)
    return entry === undefined ? NONE : Promise.resolve(found(entry, now))
  }

  insert(key: StoreKey, record: RecordWrite): Promise<{ readonly version: Version; readonly expiresAt: number } | undefined> {
    const now = this.#clock()
    if (this.#table.find(key, now) !== undefined) return NONE
    if (!this.#table.makeRoom(now)) return this.#full('insert')
    const next = recordOf(record, 1, now)
    this.#table.add(key, next)
    return Promise.resolve({ version: next.version, expiresAt: next.expiresAt })
  }

  update(key: StoreKey, record: RecordWrite, version: Version): Promise<UpdateResult> {
    const now = this.#clock()
    const entry = this.#table.find(key, now)
    if (entry?.record === undefined) return GONE
    if (isLeased(entry, now)) return BUSY
    if (!sameVersion(entry.record.version, version)) return CONFLICT
    const next = recordOf(record, version.counter + 1, now)
    this.#table.put(entry, next)
    return Promise.resolve({ kind: 'written', version: next.version, expiresAt: next.expiresAt })
  }

  touch(key: StoreKey, durations: Durations, version?: Version): Promise<UpdateResult> {
    const now = this.#clock()
    const entry = this.#table.find(key, now)
    if (entry?.record === undefined) return GONE
    if (isLeased(entry, now)) return BUSY
    if (version !== undefined && !sameVersion(entry.record.version, version)) return CONFLICT
    const next = { ...entry.record, ...touched(entry.record, durations, now) }
    this.#table.put(entry, next)
    return Promise.resolve({ kind: 'written', version: next.version, expiresAt: next.expiresAt })
  }

  rewrite(key: StoreKey, texts: TextsWrite, version: Version): Promise<UpdateResult> {
    const now = this.#clock()
    const entry = this.#table.find(key, now)
    if (entry?.record === undefined) return GONE
    if (isLeased(entry, now)) return BUSY
    if (!sameVersion(entry.record.version, version)) return CONFLICT
    const next = rewritten(entry.record, texts)
    this.#table.put(entry, next)
    return Promise.resolve({ kind: 'written', version: next.version, expiresAt: next.expiresAt })
  }

  destroy(key: StoreKey): Promise<Destroyed> {
    const entry = this.#table.find(key, this.#clock())
    if (entry === undefined) return NOTHING
    const { marker } = entry
    if (marker?.reason !== 'rotation') this.#table.remove(entry)
    return marker === undefined ? RECORD : Promise.resolve({ kind: 'marker', marker })
  }

  async gc(options: GcOptions = {}): Promise<number> {
    const { batchSize = GC_BATCH, signal } = options
    let total = 0
    for (;;) {
      const { removed, more } = this.#table.sweep(this.#clock(), Math.max(1, batchSize) || GC_BATCH)
      total += removed
      if (!more || signal?.aborted === true) return total
      await new Promise((resolve) => setTimeout(resolve))
    }
  }

  acquire(key: StoreKey, options: AcquireOptions): Promise<Acquired> {
    const now = this.#clock()
    const entry = this.#table.find(key, now)
    if (entry === undefined) return ABSENT
    const { record, marker } = entry
    if (record === undefined) return marker === undefined ? ABSENT : Promise.resolve({ kind: 'marker', marker, now })
    const { token, leaseMs } = options
    if (entry.leaseToken !== token && isLeased(entry, now)) return BUSY
    entry.leaseToken = token
    entry.leaseEndsAt = now + leaseMs
    return Promise.resolve({ kind: 'held', lease: { key, token, version: record.version }, record, now })
  }

  commit(lease: Lease, record: RecordWrite | undefined, options: CommitOptions): Promise<CommitResult> {
    const now = this.#clock()
    const entry = this.#table.find(lease.key, now)
    if (entry?.record === undefined) return GONE
    if (!holds(entry, lease, now)) return LOST
    let next = entry.record
    if (record !== undefined) next = recordOf(record, next.version.counter + 1, now)
    else if (options.touch !== undefined) next = { ...next, ...touched(next, options.touch, now) }
    if (next !== entry.record) this.#table.put(entry, next)
    return this.#written(entry, next, options, now)
  }

  replace(
    lease: Lease,
    newKey: StoreKey,
    record: RecordWrite,
    marker: MarkerWrite | undefined,
    options: CommitOptions,
  ): Promise<CommitResult> {
    const now = this.#clock()
    const entry = this.#table.find(lease.key, now)
    if (entry?.record === undefined) return GONE
    if (!holds(entry, lease, now) || this.#table.find(newKey, now) !== undefined) return LOST
    if (marker !== undefined && !this.#table.makeRoom(now)) return this.#full('replace')
    if (marker === undefined) this.#table.remove(entry)
    else {
      const { reason, salt } = marker
      this.#table.mark(entry, { replacedAt: now, reason, salt }, markerExpiry(entry.expiresAt, marker, now))
    }
    const next = recordOf(record, 1, now)
    return this.#written(this.#table.add(newKey, next), next, options, now)
  }

  renew(lease: Lease, leaseMs: number): Promise<boolean> {
    const now = this.#clock()
    const entry = this.#table.find(lease.key, now)
    if (entry === undefined || entry.leaseToken !== lease.token || !isLeased(entry, now)) return NO
    entry.leaseEndsAt = now + leaseMs
    return YES
  }

  unlock(lease: { readonly key: StoreKey; readonly token: string }): Promise<boolean> {
    const now = this.#clock()
    const entry = this.#table.find(lease.key, now)
    if (entry === undefined || entry.leaseToken !== lease.token) return NO
    const wasHeld = isLeased(entry, now)
    // Also one that has ended: a clock that is set back would let it live again, with nobody to give it back.
    this.#table.free(entry)
    return wasHeld ? YES : NO
  }

  async list(options: ListOptions = {}): Promise<ListPage> {
    const now = this.#clock()
    const { entries, cursor } = this.#table.page('list', options.userId, options.cursor, Math.max(1, options.limit ?? PAGE))
    const sessions: ListedSession[] = []
    for (const entry of entries) if (entry.record !== undefined && isLive(entry, now)) sessions.push(listed(entry.key, entry.record))
    return { sessions, cursor }
  }

  survey(options: SurveyOptions = {}): Promise<SurveyPage> {
    return surveyTable(this.#table, options, this.#clock())
  }

  // One step, so no login can come between.
  revokeUser(userId: string, options: { readonly exceptHandle?: string | undefined } = {}): Promise<number> {
    const now = this.#clock()
    let revoked = 0
    for (const entry of this.#table.ofUser(userId) ?? []) {
      if (options.exceptHandle !== undefined && entry.record?.handle === options.exceptHandle) continue
      if (isLive(entry, now)) revoked += 1
      this.#table.remove(entry)
    }
    return Promise.resolve(revoked)
  }

  #written(entry: Entry, record: StoredRecord, options: CommitOptions, now: number): Promise<CommitResult> {
    const { version, expiresAt } = record
    const { keepLease } = options
    if (keepLease === undefined) this.#table.free(entry)
    else {
      entry.leaseToken = keepLease
      entry.leaseEndsAt = now + options.leaseMs
    }
    const lease = keepLease === undefined ? undefined : { key: entry.key, token: keepLease, version }
    return Promise.resolve({ kind: 'written', version, expiresAt, lease, readBack: false })
  }

  #full(operation: string): Promise<never> {
    const why = `All ${this.#maxEntries} records in memory are in use by a request at this moment. Raise maxEntries, or use a driver that is not bounded.`
    return Promise.reject(SessionError.driverFailed(operation, why))
  }
}

function found(entry: Entry, now: number): Found | undefined {
  if (entry.record !== undefined) return { kind: 'record', record: entry.record, now }
  return entry.marker === undefined ? undefined : { kind: 'marker', marker: entry.marker, now }
}

function holds(entry: Entry, lease: Lease, now: number): boolean {
  return (
    entry.leaseToken === lease.token &&
    isLeased(entry, now) &&
    entry.record !== undefined &&
    sameVersion(entry.record.version, lease.version)
  )
}

let warned = false

function warnOnce(): void {
  if (warned || typeof process === 'undefined' || (process.env?.['NODE_ENV'] !== 'production' && !isClusterWorker())) return
  warned = true
  const message =
    'MemoryDriver keeps sessions in this process only: a restart loses them, other processes do not see them, and at maxEntries users are ' +
    'logged out. Use FileDriver or a database, or pass acknowledged: true.'
  if (typeof process.emitWarning === 'function') process.emitWarning(message, { type: 'HoldfastWarning', code: 'HOLDFAST_MEMORY_DRIVER' })
  else console.warn(message)
}

function isClusterWorker(): boolean {
  return typeof process.send === 'function' && Reflect.get(Object(builtin('node:cluster')), 'isWorker') === true
}
