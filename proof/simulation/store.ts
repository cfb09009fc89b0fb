import type {
  AcquireOptions,
  CommitOptions,
  Destroyed,
  Durations,
  Found,
  Lease,
  Marker,
  MarkerWrite,
  RecordWrite,
  StoredRecord,
  Version,
} from '../../src/contracts/driver.ts'
import type { ListedSession } from '../../src/contracts/driver.ts'
import { listed, markerExpiry, recordOf, sameVersion, touched } from '../../src/drivers/instants.ts'
import type { Epoch } from '../../src/drivers/revoke.ts'
import type { ReadBack } from '../../src/drivers/settle.ts'
import type { StoreKey } from '../../src/session/id.ts'
import { time } from './virtual-time.ts'

interface Entry {
  record: StoredRecord | undefined
  marker: { readonly marker: Marker; readonly version: Version; readonly expiresAt: number } | undefined
  lease: { token: string; endsAt: number } | undefined
}

export type Written = { readonly version: Version; readonly expiresAt: number }
export type Refused = { readonly kind: 'gone' } | { readonly kind: 'lost' }
type Commit = ({ readonly kind: 'written'; readonly lease: Lease | undefined; readonly readBack: boolean } & Written) | Refused
type Update = ({ readonly kind: 'written' } & Written) | { readonly kind: 'gone' | 'conflict' | 'busy' }

/** The store: each method is one atomic step, as a script of Redis or a statement of a database is. Its clock is the only one that counts. */
export class ModelStore {
  readonly #entries = new Map<string, Entry>()
  readonly #epochs = new Map<string, Epoch>()
  /** By handle: the epoch that a login saw before its write, and that which was there at the write. */
  readonly #logins = new Map<string, { readonly seen: number; written?: number }>()
  /** Steps that were found to be wrong while they were made. */
  readonly violations: string[] = []
  /** How far the store's clock has been moved, in milliseconds. */
  skewMs = 0

  get now(): number {
    return time.nowMs + this.skewMs
  }

  read(key: StoreKey): Found | undefined {
    const entry = this.#find(key)
    if (entry?.record !== undefined) return { kind: 'record', record: entry.record, now: this.now }
    return entry?.marker === undefined ? undefined : { kind: 'marker', marker: entry.marker.marker, now: this.now }
  }

  readBack(key: StoreKey): ReadBack | undefined {
    const entry = this.#find(key)
    if (entry?.record !== undefined) return { version: entry.record.version, isMarker: false, expiresAt: entry.record.expiresAt }
    return entry?.marker === undefined ? undefined : { ...entry.marker, isMarker: true }
  }

  insert(key: StoreKey, write: RecordWrite, lease?: AcquireOptions): Written | undefined {
    if (this.#find(key) !== undefined) return undefined
    const record = recordOf(write, 1, this.now)
    this.#note(write)
    this.#entries.set(key, { record, marker: undefined, lease: lease && { token: lease.token, endsAt: this.now + lease.leaseMs } })
    return record
  }

  update(key: StoreKey, write: RecordWrite, version: Version): Update {
    const entry = this.#find(key)
    if (entry?.record === undefined) return { kind: 'gone' }
    if (this.#isLeased(entry)) return { kind: 'busy' }
    if (!sameVersion(entry.record.version, version)) return { kind: 'conflict' }
    return { kind: 'written', ...this.#put(entry, write) }
  }

  touch(key: StoreKey, durations: Durations, version: Version | undefined): Update {
    const entry = this.#find(key)
    if (entry?.record === undefined) return { kind: 'gone' }
    if (this.#isLeased(entry)) return { kind: 'busy' }
    if (version !== undefined && !sameVersion(entry.record.version, version)) return { kind: 'conflict' }
    entry.record = { ...entry.record, ...touched(entry.record, durations, this.now) }
    return { kind: 'written', version: entry.record.version, expiresAt: entry.record.expiresAt }
  }

  destroy(key: StoreKey): Destroyed {
    const entry = this.#find(key)
    const marker = entry?.marker?.marker
    if (marker?.reason !== 'rotation') this.#entries.delete(key)
    if (entry?.record !== undefined) return { kind: 'record' }
    return marker === undefined ? { kind: 'nothing' } : { kind: 'marker', marker }
  }

  acquire(key: StoreKey, { token, leaseMs }: AcquireOptions) {
    const entry = this.#find(key)
    if (entry?.record === undefined)
      return entry?.marker === undefined ? ABSENT : { kind: 'marker' as const, marker: entry.marker.marker, now: this.now }
    if (this.#isLeased(entry) && entry.lease?.token !== token) return BUSY
    entry.lease = { token, endsAt: this.now + leaseMs }
    const { record } = entry
    return { kind: 'held' as const, lease: { key, token, version: record.version }, record, now: this.now }
  }

  commit(lease: Lease, write: RecordWrite | undefined, options: CommitOptions): Commit {
    const entry = this.#find(lease.key)
    if (entry?.record === undefined) return { kind: 'gone' }
    if (!this.#holds(entry, lease)) return { kind: 'lost' }
    if (write !== undefined) this.#put(entry, write)
    else if (options.touch !== undefined) entry.record = { ...entry.record, ...touched(entry.record, options.touch, this.now) }
    const { version, expiresAt } = entry.record
    const { keepLease: token } = options
    entry.lease = token === undefined ? undefined : { token, endsAt: this.now + options.leaseMs }
    return {
      kind: 'written',
      version,
      expiresAt,
      lease: token === undefined ? undefined : { key: lease.key, token, version },
      readBack: false,
    }
  }

  mark(lease: Lease, write: MarkerWrite | undefined): { readonly kind: 'written' } | Refused {
    const entry = this.#find(lease.key)
    if (entry?.record === undefined) return { kind: 'gone' }
    if (!this.#holds(entry, lease)) return { kind: 'lost' }
    if (write === undefined) {
      this.#entries.delete(lease.key)
      return { kind: 'written' }
    }
    const { reason, salt, writeToken } = write
    const version = { counter: entry.record.version.counter + 1, writeToken }
    const expiresAt = markerExpiry(entry.record.expiresAt, write, this.now)
    this.#entries.set(lease.key, {
      record: undefined,
      lease: undefined,
      marker: { marker: { replacedAt: this.now, reason, salt }, version, expiresAt },
    })
    return { kind: 'written' }
  }

  renew({ key, token }: Lease, leaseMs: number): boolean {
    const entry = this.#find(key)
    if (entry?.lease?.token !== token || !this.#isLeased(entry)) return false
    entry.lease = { token, endsAt: this.now + leaseMs }
    return true
  }

  unlock(key: StoreKey, token: string): boolean {
    const entry = this.#find(key)
    if (entry?.lease?.token !== token || !this.#isLeased(entry)) return false
    entry.lease = undefined
    return true
  }

  ofUser(userId: string): ListedSession[] {
    return [...this.#entries.keys()].flatMap((key) => {
      const found = this.read(key as StoreKey)
      return found?.kind === 'record' && found.record.userId === userId ? [listed(key as StoreKey, found.record)] : []
    })
  }

  epoch(userId: string): Epoch {
    return this.#epochs.get(userId) ?? { counter: 0, exceptHandle: undefined }
  }

  /** A login of this session was told the epoch before its write: for the checks alone. */
  sawEpoch(handle: string, { counter }: Epoch): void {
    this.#logins.set(handle, { seen: counter })
  }

  /** Whether a login that was acknowledged should not have been: a revocation came between what it saw and what it wrote. */
  isRevoked(handle: string): boolean {
    const login = this.#logins.get(handle)
    return login?.written !== undefined && login.written !== login.seen
  }

  raiseEpoch(userId: string, exceptHandle: string | undefined): void {
    this.#epochs.set(userId, { counter: this.epoch(userId).counter + 1, exceptHandle })
  }

  /** Removes what has expired. */
  collect(): void {
    for (const key of this.#entries.keys()) this.#find(key, true)
  }

  /** All records that live. */
  records(): StoredRecord[] {
    return [...this.#entries.keys()].flatMap((key) => this.#find(key)?.record ?? [])
  }

  leases(): number {
    return [...this.#entries.values()].filter((entry) => this.#isLeased(entry)).length
  }

  #note({ handle, userId }: RecordWrite): void {
    const login = this.#logins.get(handle)
    if (userId !== undefined && login !== undefined && login.written === undefined) login.written = this.epoch(userId).counter
  }

  #find(key: string, remove = false): Entry | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    const expiresAt = entry.record?.expiresAt ?? entry.marker?.expiresAt ?? 0
    if (expiresAt > this.now || this.#isLeased(entry)) return entry
    if (remove) this.#entries.delete(key)
    return undefined
  }

  #isLeased(entry: Entry): boolean {
    return entry.lease !== undefined && entry.lease.endsAt > this.now
  }

  #holds(entry: Entry, lease: Lease): boolean {
    return (
      entry.lease?.token === lease.token &&
      this.#isLeased(entry) &&
      entry.record !== undefined &&
      sameVersion(entry.record.version, lease.version)
    )
  }

  #put(entry: Entry, write: RecordWrite): Written {
    const before = entry.record?.version
    this.#note(write)
    entry.record = recordOf(write, (before?.counter ?? 0) + 1, this.now)
    if (before?.writeToken === write.writeToken) this.violations.push('one write was carried out twice')
    return entry.record
  }
}

const ABSENT = { kind: 'absent' } as const
const BUSY = { kind: 'busy' } as const
