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
  ListingDriver,
  LockingDriver,
  MarkerWrite,
  RecordWrite,
  RewritingDriver,
  TextsWrite,
  UpdateResult,
  Version,
} from '../../src/contracts/driver.ts'
import { replaceInTwoSteps } from '../../src/drivers/replace.ts'
import { revokeInPasses, writeUnderEpoch } from '../../src/drivers/revoke.ts'
import { answered, settleCommit, settleDestroy, settleRelease, settleUpdate } from '../../src/drivers/settle.ts'
import { SessionError } from '../../src/session/errors.ts'
import type { StoreKey } from '../../src/session/id.ts'
import { FaultPlan, FaultyLine, type Line, type ShakyOp } from './shaky-line.ts'
import type { ShakyStore } from './shaky-store.ts'

type Inserted = { readonly version: Version; readonly expiresAt: number } | undefined

/** What makes outcomes certain. A test takes one out to show that it is needed. */
export interface Protocol {
  readonly insertOnce: (key: StoreKey, send: () => Promise<Inserted>, driver: LockingDriver) => Promise<Inserted>
  readonly settleCommit: typeof settleCommit
  readonly settleUpdate: typeof settleUpdate
  readonly settleDestroy: typeof settleDestroy
  readonly replaceInTwoSteps: typeof replaceInTwoSteps
  readonly revokeInPasses: typeof revokeInPasses
  readonly writeUnderEpoch: typeof writeUnderEpoch
}

export const PROTOCOL: Protocol = {
  insertOnce: (_key, send) => answered('insert', send),
  settleCommit,
  settleUpdate,
  settleDestroy,
  replaceInTwoSteps,
  revokeInPasses,
  writeUnderEpoch,
}

export interface ShakyDriverOptions {
  readonly store: ShakyStore
  /** Default: nothing goes wrong, or at random with `seed` and `rate`. */
  readonly faults?: FaultPlan
  readonly seed?: number
  readonly rate?: number
  /** How long the store's clock moves for an answer that does not come. Default: 0. */
  readonly boundMs?: number
  /** Default: a line with `faults`. */
  readonly line?: Line
  /** True when the client library sends commands again by itself. Such a client is refused by `open`. */
  readonly clientResends?: boolean
  readonly protocol?: Partial<Protocol>
}

/** A driver as one for a store behind a network is to be written, over a line on which commands and answers get lost, late and doubled. */
export class ShakyDriver implements LockingDriver, ListingDriver, RewritingDriver {
  readonly name = 'shaky'
  readonly expiresByItself = false
  readonly faults: FaultPlan
  readonly #store: ShakyStore
  readonly #line: Line
  readonly #protocol: Protocol
  readonly #clientResends: boolean
  /** The leases that this driver was given, and the user that each record had. */
  readonly #leases = new Map<string, { readonly key: StoreKey; readonly userId: string | undefined }>()
  #isClosed = false

  constructor(options: ShakyDriverOptions) {
    const { store, seed = 1, rate = 0, boundMs = 0 } = options
    this.#store = store
    this.faults = options.faults ?? new FaultPlan({ seed, rate })
    this.#line = options.line ?? new FaultyLine(store, this.faults, boundMs)
    this.#protocol = { ...PROTOCOL, ...options.protocol }
    this.#clientResends = options.clientResends ?? false
  }

  async open(): Promise<void> {
    if (this.#clientResends) {
      const why = 'The client sends commands a second time by itself, and so could carry out a write twice. Switch that off.'
      throw SessionError.driverFailed('open', why)
    }
    if (this.#store.isDown) await this.#ask('read', () => undefined)
    this.#isClosed = false
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const leases = [...this.#leases]
    this.#leases.clear()
    await Promise.allSettled(leases.map(([token, { key }]) => this.#call('unlock', () => this.#store.unlock(key, token))))
  }

  read(key: StoreKey): Promise<Found | undefined> {
    return this.#ask('read', () => this.#store.read(key))
  }

  async insert(key: StoreKey, record: RecordWrite): Promise<Inserted> {
    const write = (): Promise<Inserted> =>
      this.#protocol.insertOnce(key, () => this.#call('insert', () => this.#store.insert(key, record)), this)
    const { result, revoked } = await this.#underEpoch(record, key, write, (inserted) => inserted !== undefined)
    if (revoked) throw SessionError.gone()
    return result
  }

  update(key: StoreKey, record: RecordWrite, version: Version): Promise<UpdateResult> {
    return this.#protocol.settleUpdate(key, version, {
      send: () => this.#call('update', () => this.#store.update(key, record, version)),
      readBack: () => this.#call('readBack', () => this.#store.readBack(key)),
      writeToken: record.writeToken,
    })
  }

  touch(key: StoreKey, durations: Durations, version?: Version): Promise<UpdateResult> {
    return this.#ask('touch', () => this.#store.touch(key, durations, version))
  }

  rewrite(key: StoreKey, texts: TextsWrite, version: Version): Promise<UpdateResult> {
    return this.#ask('rewrite', () => this.#store.rewrite(key, texts, version))
  }

  destroy(key: StoreKey): Promise<Destroyed> {
    return this.#protocol.settleDestroy(() => this.#call('destroy', () => this.#store.destroy(key)))
  }

  async gc({ batchSize = 100, signal }: GcOptions = {}): Promise<number> {
    let total = 0
    for (;;) {
      const removed = await this.#ask('collect', () => this.#store.collect(batchSize))
      total += removed
      if (removed < batchSize || signal?.aborted === true) return total
    }
  }

  async acquire(key: StoreKey, { token, leaseMs }: AcquireOptions): Promise<Acquired> {
    const asked = await this.#ask('acquire', () => this.#store.acquire(key, token, leaseMs))
    if (asked.kind !== 'held') return asked
    if (this.#isClosed) {
      await this.#call('unlock', () => this.#store.unlock(key, token)).catch(() => undefined)
      throw SessionError.driverFailed('acquire', 'The driver was closed meanwhile.')
    }
    const { record, now } = asked
    this.#leases.set(token, { key, userId: record.userId })
    return { kind: 'held', lease: { key, token, version: record.version }, record, now }
  }

  async commit(lease: Lease, record: RecordWrite | undefined, options: CommitOptions): Promise<CommitResult> {
    const send = (): Promise<CommitResult> => this.#call('commit', () => this.#store.commit(lease, record, options))
    const readBack = () => this.#call('readBack', () => this.#store.readBack(lease.key))
    if (record === undefined) return this.#follow(lease, undefined, await settleRelease(send, readBack))
    const { writeToken, userId } = record
    const write = (): Promise<CommitResult> => this.#protocol.settleCommit(lease, options.keepLease, { send, readBack, writeToken })
    return this.#follow(lease, userId, await this.#asUser(lease, record, lease.key, write))
  }

  async replace(
    lease: Lease,
    newKey: StoreKey,
    record: RecordWrite,
    marker: MarkerWrite | undefined,
    options: CommitOptions,
  ): Promise<CommitResult> {
    const { keepLease, leaseMs } = options
    const newLease = keepLease === undefined ? undefined : { token: keepLease, leaseMs }
    const write = (): Promise<CommitResult> =>
      this.#protocol.replaceInTwoSteps({
        insert: () => this.#call('insert', () => this.#store.insert(newKey, record, newLease)),
        mark: () => this.#call('mark', () => this.#store.mark(lease, marker)),
        readOld: () => this.#call('readBack', () => this.#store.readBack(lease.key)),
        destroyNew: () => this.#call('destroy', () => this.#store.destroy(newKey)),
        markToken: marker?.writeToken ?? 'nothing is put there',
        newKey,
        lease,
        keepLease,
      })
    return this.#follow(lease, record.userId, await this.#asUser(lease, record, newKey, write))
  }

  renew(lease: Lease, leaseMs: number): Promise<boolean> {
    return this.#ask('renew', () => this.#store.renew(lease.key, lease.token, leaseMs))
  }

  unlock({ key, token }: { readonly key: StoreKey; readonly token: string }): Promise<boolean> {
    this.#leases.delete(token)
    return this.#ask('unlock', () => this.#store.unlock(key, token))
  }

  list(options: ListOptions = {}): Promise<ListPage> {
    return this.#ask('list', () => this.#store.list(options))
  }

  revokeUser(userId: string, { exceptHandle }: { readonly exceptHandle?: string | undefined } = {}): Promise<number> {
    return this.#protocol.revokeInPasses({
      raiseEpoch: () => this.#call('raise', () => this.#store.raise(userId, exceptHandle)),
      list: () => this.#call('keysOfUser', () => this.#store.keysOfUser(userId, exceptHandle)),
      destroy: (key) => this.#call('destroy', () => this.#store.destroy(key)),
    })
  }

  /** A write under a lease. It is a login when the session had another user, or none. */
  async #asUser(lease: Lease, record: RecordWrite, key: StoreKey, write: () => Promise<CommitResult>): Promise<CommitResult> {
    if (this.#leases.get(lease.token)?.userId === record.userId) return write()
    const { result, revoked } = await this.#underEpoch(record, key, write, ({ kind }) => kind === 'written')
    return revoked ? { kind: 'gone' } : result
  }

  async #underEpoch<Result>(
    { userId, handle }: RecordWrite,
    key: StoreKey,
    write: () => Promise<Result>,
    wasWritten: (result: Result) => boolean,
  ): Promise<{ readonly result: Result; readonly revoked: boolean }> {
    if (userId === undefined) return { result: await write(), revoked: false }
    return this.#protocol.writeUnderEpoch({
      readEpoch: () => this.#call('epoch', () => this.#store.epoch(userId)),
      undo: () => this.#call('destroy', () => this.#store.destroy(key)),
      write,
      wasWritten,
      handle,
    })
  }

  #follow(lease: Lease, userId: string | undefined, result: CommitResult): CommitResult | Promise<CommitResult> {
    this.#leases.delete(lease.token)
    if (result.kind !== 'written' || result.lease === undefined) return result
    const { key, token } = result.lease
    const ended = (): CommitResult => ({ ...result, lease: undefined })
    if (this.#isClosed) return this.#call('unlock', () => this.#store.unlock(key, token)).then(ended, ended)
    this.#leases.set(token, { key, userId })
    return result
  }

  #call<Answer>(op: ShakyOp, command: () => Answer): Promise<Answer> {
    return this.#line.call(op, command)
  }

  /** For commands that need no settling. */
  #ask<Answer>(op: ShakyOp, command: () => Answer): Promise<Answer> {
    return answered(op, () => this.#line.call(op, command))
  }
}
