import type {
  CommitOptions,
  CommitResult,
  Destroyed,
  Durations,
  Found,
  Lease,
  ListOptions,
  ListPage,
  ListedSession,
  Marker,
  MarkerWrite,
  RecordWrite,
  StoredRecord,
  TextsWrite,
  UpdateResult,
  Version,
} from '../../src/contracts/driver.ts'
import { markerExpiry, recordOf, rewritten, sameVersion, touched } from '../../src/drivers/instants.ts'
import { keyBehind } from '../../src/drivers/key-cursor.ts'
import type { MarkAnswer } from '../../src/drivers/replace.ts'
import type { Epoch } from '../../src/drivers/revoke.ts'
import type { ReadBack } from '../../src/drivers/settle.ts'
import { SessionError } from '../../src/session/errors.ts'
import type { StoreKey } from '../../src/session/id.ts'
import { type TestClock, testClock } from '../../src/testing/test-clock.ts'

/** What is under a key. */
export type Row = {
  readonly version: Version
  readonly expiresAt: number
  readonly lease: { readonly token: string; readonly endsAt: number } | undefined
} & ({ readonly record: StoredRecord; readonly marker?: undefined } | { readonly record?: undefined; readonly marker: Marker })

export type Asked =
  | { readonly kind: 'held'; readonly record: StoredRecord; readonly now: number }
  | { readonly kind: 'busy' }
  | { readonly kind: 'absent' }
  | Extract<Found, { readonly kind: 'marker' }>
type Inserted = { readonly version: Version; readonly expiresAt: number } | undefined

/** A store as it would stand on another machine: each method is one command, carried out as a whole. `ShakyDriver` calls it over a bad line. */
export class ShakyStore {
  readonly clock: TestClock
  readonly rows = new Map<StoreKey, Row>()
  readonly corrupted = new Set<StoreKey>()
  /** Whether a `destroy` removes the marker of a rotation, as it must not. */
  removesWays = false
  readonly epochs = new Map<string, Epoch>()
  /** Commands that were given up by their callers and are still on the way. */
  readonly late: (() => void)[] = []
  /** True: nobody is there. */
  isDown = false

  constructor(clock: TestClock = testClock()) {
    this.clock = clock
  }

  /** Lets commands that are still on the way arrive, the oldest first. */
  arrive(count: number = this.late.length): void {
    for (const command of this.late.splice(0, count)) command()
  }

  read(key: StoreKey): Found | undefined {
    const row = this.#live(key)
    if (row === undefined) return undefined
    const now = this.clock.now()
    return row.record === undefined ? { kind: 'marker', marker: row.marker, now } : { kind: 'record', record: row.record, now }
  }

  readBack(key: StoreKey): ReadBack | undefined {
    const row = this.#live(key)
    return row && { version: row.version, isMarker: row.marker !== undefined, expiresAt: row.expiresAt }
  }

  insert(key: StoreKey, write: RecordWrite, lease?: { readonly token: string; readonly leaseMs: number }): Inserted {
    if (this.#live(key) !== undefined) return undefined
    const record = recordOf(write, 1, this.clock.now())
    this.#put(key, record, lease && { token: lease.token, endsAt: this.clock.now() + lease.leaseMs })
    return { version: record.version, expiresAt: record.expiresAt }
  }

  update(key: StoreKey, write: RecordWrite, version: Version): UpdateResult {
    const row = this.#live(key)
    if (row?.record === undefined) return { kind: 'gone' }
    if (this.#isLeased(row)) return { kind: 'busy' }
    if (!sameVersion(row.version, version)) return { kind: 'conflict' }
    return this.#put(key, recordOf(write, version.counter + 1, this.clock.now()), undefined)
  }

  touch(key: StoreKey, durations: Durations, version: Version | undefined): UpdateResult {
    const row = this.#live(key)
    if (row?.record === undefined) return { kind: 'gone' }
    if (this.#isLeased(row)) return { kind: 'busy' }
    if (version !== undefined && !sameVersion(row.version, version)) return { kind: 'conflict' }
    return this.#put(key, { ...row.record, ...touched(row.record, durations, this.clock.now()) }, undefined)
  }

  rewrite(key: StoreKey, texts: TextsWrite, version: Version): UpdateResult {
    const row = this.#live(key)
    if (row?.record === undefined) return { kind: 'gone' }
    if (this.#isLeased(row)) return { kind: 'busy' }
    if (!sameVersion(row.version, version)) return { kind: 'conflict' }
    return this.#put(key, rewritten(row.record, texts), undefined)
  }

  destroy(key: StoreKey): Destroyed {
    const row = this.corrupted.has(key) ? undefined : this.#live(key)
    const isWay = row?.record === undefined && row?.marker.reason === 'rotation'
    if (!isWay || this.removesWays) this.rows.delete(key)
    if (row === undefined) return { kind: 'nothing' }
    return row.record === undefined ? { kind: 'marker', marker: row.marker } : { kind: 'record' }
  }

  acquire(key: StoreKey, token: string, leaseMs: number): Asked {
    const row = this.#live(key)
    const now = this.clock.now()
    if (row === undefined) return { kind: 'absent' }
    if (row.record === undefined) return { kind: 'marker', marker: row.marker, now }
    if (this.#isLeased(row) && row.lease?.token !== token) return { kind: 'busy' }
    this.rows.set(key, { ...row, lease: { token, endsAt: now + leaseMs } })
    return { kind: 'held', record: row.record, now }
  }

  commit(lease: Lease, write: RecordWrite | undefined, options: CommitOptions): CommitResult {
    const row = this.#live(lease.key)
    const now = this.clock.now()
    if (row?.record === undefined) return { kind: 'gone' }
    if (!this.#holds(row, lease.token) || !sameVersion(row.version, lease.version)) return { kind: 'lost' }
    let next = row.record
    if (write !== undefined) next = recordOf(write, row.version.counter + 1, now)
    else if (options.touch !== undefined) next = { ...next, ...touched(next, options.touch, now) }
    const token = options.keepLease
    const { version, expiresAt } = this.#put(lease.key, next, token === undefined ? undefined : { token, endsAt: now + options.leaseMs })
    return {
      kind: 'written',
      version,
      expiresAt,
      lease: token === undefined ? undefined : { key: lease.key, token, version },
      readBack: false,
    }
  }

  mark(lease: Lease, write: MarkerWrite | undefined): MarkAnswer {
    const row = this.#live(lease.key)
    if (row?.record === undefined) return { kind: 'gone' }
    if (!this.#holds(row, lease.token) || !sameVersion(row.version, lease.version)) return { kind: 'lost' }
    if (write === undefined) this.rows.delete(lease.key)
    else {
      const now = this.clock.now()
      this.rows.set(lease.key, {
        marker: { replacedAt: now, reason: write.reason, salt: write.salt },
        version: { counter: row.version.counter + 1, writeToken: write.writeToken },
        expiresAt: markerExpiry(row.expiresAt, write, now),
        lease: undefined,
      })
    }
    return { kind: 'written' }
  }

  renew(key: StoreKey, token: string, leaseMs: number): boolean {
    const row = this.#live(key)
    if (row === undefined || !this.#holds(row, token)) return false
    this.rows.set(key, { ...row, lease: { token, endsAt: this.clock.now() + leaseMs } })
    return true
  }

  unlock(key: StoreKey, token: string): boolean {
    const row = this.#live(key)
    if (row === undefined || !this.#holds(row, token)) return false
    this.rows.set(key, { ...row, lease: undefined })
    return true
  }

  list({ userId, cursor, limit = 100 }: ListOptions): ListPage {
    const after = keyBehind('list', cursor)
    const keys = [...this.rows.keys()].filter((key) => key > after).toSorted()
    const sessions = keys.flatMap((key): ListedSession[] => {
      const record = this.corrupted.has(key) ? undefined : this.#live(key)?.record
      if (record === undefined || (userId !== undefined && record.userId !== userId)) return []
      const { payload: _payload, flash: _flash, version: _version, ...metadata } = record
      return [{ key, ...metadata }]
    })
    return { sessions: sessions.slice(0, limit), cursor: sessions.length > limit ? sessions[limit - 1]?.key : undefined }
  }

  keysOfUser(userId: string, exceptHandle: string | undefined): StoreKey[] {
    const isMeant = (one: ListedSession): boolean => exceptHandle === undefined || one.handle !== exceptHandle
    return this.list({ userId, limit: this.rows.size })
      .sessions.filter(isMeant)
      .map(({ key }) => key)
  }

  epoch(userId: string): Epoch {
    return this.epochs.get(userId) ?? { counter: 0, exceptHandle: undefined }
  }

  raise(userId: string, exceptHandle: string | undefined): void {
    this.epochs.set(userId, { counter: this.epoch(userId).counter + 1, exceptHandle })
  }

  /** Removes at most so many expired rows. */
  collect(limit: number): number {
    const expired = [...this.rows.keys()].filter((key) => !this.corrupted.has(key) && this.#live(key) === undefined).slice(0, limit)
    for (const key of expired) this.rows.delete(key)
    return expired.length
  }

  #put(key: StoreKey, record: StoredRecord, lease: Row['lease']): Extract<UpdateResult, { readonly kind: 'written' }> {
    const { version, expiresAt } = record
    this.rows.set(key, { record, version, expiresAt, lease })
    return { kind: 'written', version, expiresAt }
  }

  #live(key: StoreKey): Row | undefined {
    const row = this.rows.get(key)
    if (row === undefined) return undefined
    if (this.corrupted.has(key)) throw SessionError.unreadable(key, 'its text is damaged')
    return row.expiresAt > this.clock.now() || this.#isLeased(row) ? row : undefined
  }

  #isLeased(row: Row): boolean {
    return row.lease !== undefined && row.lease.endsAt > this.clock.now()
  }

  #holds(row: Row, token: string): boolean {
    return this.#isLeased(row) && row.lease?.token === token
  }
}
