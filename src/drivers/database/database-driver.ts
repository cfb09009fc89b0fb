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
} from '../../contracts/driver.ts'
import type { SurveyingDriver } from '../../contracts/surveying-driver.ts'
import { SessionError } from '../../session/errors.ts'
import type { StoreKey } from '../../session/id.ts'
import { KnownLeases, type LeaseStore } from '../known-leases.ts'
import { replaceInTwoSteps } from '../replace.ts'
import { isLogin, revokeInPasses, writeUnderEpoch } from '../revoke.ts'
import { answered, settleDestroy, settleUpdate } from '../settle.ts'
import type { DatabaseStore } from './database-store.ts'
import type { Updated } from './found.ts'
import { keysOfUser, listPage } from './listing.ts'
import { type Opened, type Opening, openingOf } from './opening.ts'
import { type DatabaseDriverOptions, checkedOptions } from './options.ts'
import { surveyPage } from './survey.ts'
import { UserEpoch } from './user-epoch.ts'

export type { Dialect } from './bridges/bridge.ts'
export type { DatabaseClient } from './bridges/recognise.ts'
export type { DatabaseDriverOptions } from './options.ts'
export { tableDefinition } from './schema/definition.ts'

type Inserted = { readonly version: Version; readonly expiresAt: number } | undefined

const OTHER_USER: Updated = { kind: 'other user' }
const GC_BATCH = 250

/**
 * Keeps sessions in a table of PostgreSQL, MySQL, MariaDB or SQLite, a row each, for any number of processes.
 *
 * A lock is a lease on the session's own row, on the server's clock; a write is refused unless the lease is the writer's. Each step is one statement in
 * a transaction of its own: no connection and no transaction is held while a request runs, so a pool of one connection is enough, and poolers in
 * transaction mode serve it. An answer that never comes is settled by reading back, and nothing is sent a second time before that.
 *
 * Reads and writes reject with `ERR_SESSION_DRIVER_FAILED` before `open` and after `close`.
 *
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 */
export class DatabaseDriver implements LockingDriver, ListingDriver, RewritingDriver, SurveyingDriver {
  readonly name = 'database'
  readonly expiresByItself = false
  readonly boundsAnswers = true
  readonly #opening: Opening
  #opened: Opened | undefined
  #isOpening: Promise<void> | undefined
  readonly #leases = new KnownLeases()

  constructor(options: DatabaseDriverOptions) {
    this.#opening = openingOf(checkedOptions(options))
  }

  /**
   * Checks the server and the table: its columns, their types and collations. It warns, once, of a missing index.
   *
   * @throws {SessionError} `ERR_SESSION_DRIVER_FAILED` when sessions cannot be kept there: the message says why and what to do.
   */
  async open(): Promise<void> {
    if (this.#opened !== undefined) return
    const opening = (): Promise<void> => this.#opening.open().then((opened) => void (this.#opened = opened))
    this.#isOpening ??= opening().finally(() => (this.#isOpening = undefined))
    await this.#isOpening
  }

  /** Gives back the leases. The client that was handed in stays open. */
  async close(): Promise<void> {
    await this.#isOpening?.catch(() => undefined)
    const store = this.#opened?.store
    this.#opened = undefined
    const leases = this.#leases.takeAll()
    if (store !== undefined) await Promise.allSettled(leases.map(({ key, token }) => store.unlock(key, token)))
  }

  /**
   * Makes the table, or adds what it lacks: columns, wider types, indexes. It removes nothing, and a second call finds nothing to do. It is to be called
   * when an application is deployed, with the right to change tables; `tableDefinition` gives the same as a text. Before `open` or after it.
   *
   * @throws {SessionError} `ERR_SESSION_DRIVER_FAILED` when the database refuses it.
   */
  async migrate(): Promise<void> {
    await this.#opening.migrate()
  }

  async read(key: StoreKey): Promise<Found | undefined> {
    return answered('read', () => this.#store('read').read(key))
  }

  async insert(key: StoreKey, record: RecordWrite): Promise<Inserted> {
    const store = this.#store('insert')
    const write = (): Promise<Inserted> => answered('insert', () => store.insert(key, record))
    const { result, revoked } = await this.#underEpoch(store, record, undefined, key, write, (inserted) => inserted !== undefined)
    if (revoked) throw SessionError.gone()
    return result
  }

  async update(key: StoreKey, record: RecordWrite, version: Version): Promise<UpdateResult> {
    // Who proved anew who they are logs in, whoever had the session before.
    const asOwner = isLogin(record, record.userId) ? OTHER_USER : await this.#settledUpdate(key, record, version, false)
    if (asOwner.kind !== 'other user') return asOwner
    const write = async (): Promise<UpdateResult> => {
      const updated = await this.#settledUpdate(key, record, version, true)
      return updated.kind === 'other user' ? { kind: 'conflict' } : updated
    }
    const { result, revoked } = await this.#underEpoch(
      this.#store('update'),
      record,
      undefined,
      key,
      write,
      ({ kind }) => kind === 'written',
    )
    return revoked ? { kind: 'gone' } : result
  }

  async touch(key: StoreKey, durations: Durations, version?: Version): Promise<UpdateResult> {
    return answered('touch', () => this.#store('touch').touch(key, durations, version))
  }

  async rewrite(key: StoreKey, texts: TextsWrite, version: Version): Promise<UpdateResult> {
    return answered('rewrite', () => this.#store('rewrite').rewrite(key, texts, version))
  }

  async destroy(key: StoreKey): Promise<Destroyed> {
    const store = this.#store('destroy')
    return this.#leases.ended(key, await settleDestroy(() => store.destroy('destroy', key)))
  }

  /** A batch is one statement of at most 250 rows, unless `batchSize` says otherwise. */
  async gc({ batchSize = GC_BATCH, signal }: GcOptions = {}): Promise<number> {
    const store = this.#store('gc')
    const most = Math.max(1, Math.floor(batchSize))
    for (let total = 0, at = 0; ;) {
      const { removed, reached } = await answered('gc', () => store.collect(most, at))
      total += removed
      at = reached
      if (removed < most || signal?.aborted === true) return total
      // The database answers some clients at once, without a turn of the event loop.
      await new Promise((resolve) => setTimeout(resolve))
    }
  }

  acquire(key: StoreKey, { token, leaseMs }: AcquireOptions): Promise<Acquired> {
    return this.#ask('acquire', (store) =>
      this.#leases.acquire({ key, token, ask: () => store.acquire(key, token, leaseMs) }, this.#leasesIn(store)),
    )
  }

  commit(lease: Lease, record: RecordWrite | undefined, options: CommitOptions): Promise<CommitResult> {
    return this.#ask('commit', (store) => {
      const asUser = (written: RecordWrite, write: () => Promise<CommitResult>): Promise<CommitResult> =>
        this.#asUser(store, lease, written, lease.key, write)
      return this.#leases.commit({ lease, record, options, store, asUser }, this.#leasesIn(store))
    })
  }

  async replace(
    lease: Lease,
    newKey: StoreKey,
    record: RecordWrite,
    marker: MarkerWrite | undefined,
    options: CommitOptions,
  ): Promise<CommitResult> {
    const store = this.#store('replace')
    const { keepLease, leaseMs } = options
    const newLease = keepLease === undefined ? undefined : { token: keepLease, leaseMs }
    const write = (): Promise<CommitResult> =>
      replaceInTwoSteps({
        insert: () => store.insert(newKey, record, newLease),
        mark: () => store.mark(lease, marker),
        readOld: () => store.readBack('replace', lease.key),
        destroyNew: () => store.destroy('replace', newKey),
        markToken: marker?.writeToken ?? 'nothing is put there',
        newKey,
        lease,
        keepLease,
      })
    const asUser = (): Promise<CommitResult> => this.#asUser(store, lease, record, newKey, write)
    return this.#leases.write({ lease, key: newKey, keepLease, userId: record.userId, write: asUser }, this.#leasesIn(store))
  }

  async renew(lease: Lease, leaseMs: number): Promise<boolean> {
    const store = this.#opened?.store
    return store !== undefined && answered('renew', () => store.renew(lease.key, lease.token, leaseMs))
  }

  async unlock({ key, token }: { readonly key: StoreKey; readonly token: string }): Promise<boolean> {
    this.#leases.forget(token)
    const store = this.#opened?.store
    return store !== undefined && answered('unlock', () => store.unlock(key, token))
  }

  /** In the order of the keys, which are random. */
  async list(options: ListOptions = {}): Promise<ListPage> {
    const store = this.#store('list')
    return answered('list', () => listPage(store, options))
  }

  readonly survey: SurveyingDriver['survey'] = (options = {}) =>
    this.#ask('survey', (store) => answered('survey', () => surveyPage(store, options)))

  async revokeUser(userId: string, { exceptHandle }: { readonly exceptHandle?: string | undefined } = {}): Promise<number> {
    const store = this.#store('revokeUser')
    return revokeInPasses({
      raiseEpoch: () => new UserEpoch(store, userId).raise(exceptHandle),
      list: () => keysOfUser(store, userId, exceptHandle),
      destroy: (key) => store.destroy('revokeUser', key),
    })
  }

  #leasesIn(store: DatabaseStore): LeaseStore {
    return { isOpen: () => this.#opened?.store === store, unlock: (key, token) => store.unlock(key, token) }
  }

  #store(operation: string): DatabaseStore {
    if (this.#opened === undefined) throw SessionError.driverFailed(operation, 'The driver is not open. Await open() first.')
    return this.#opened.store
  }

  #settledUpdate(key: StoreKey, record: RecordWrite, version: Version, mayChangeUser: boolean): Promise<Updated> {
    const store = this.#store('update')
    let otherUser = false
    const send = async (): Promise<UpdateResult> => {
      const updated = await store.update(key, record, version, mayChangeUser)
      if (updated.kind !== 'other user') return updated
      otherUser = true
      return { kind: 'conflict' }
    }
    const write = { send, readBack: () => store.readBack('update', key), writeToken: record.writeToken }
    return settleUpdate(key, version, write).then((result) => (otherUser && result.kind === 'conflict' ? OTHER_USER : result))
  }

  /** Asks the store, once the driver is open. What is wrong with the question comes as a rejection, as what went wrong with the answer does. */
  #ask<Answer>(operation: string, question: (store: DatabaseStore) => Promise<Answer>): Promise<Answer> {
    try {
      return question(this.#store(operation))
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** A write under a lease. */
  #asUser(
    store: DatabaseStore,
    lease: Lease,
    record: RecordWrite,
    key: StoreKey,
    write: () => Promise<CommitResult>,
  ): Promise<CommitResult> {
    const before = this.#leases.userOf(lease)
    if (!isLogin(record, before)) return write()
    return this.#underEpoch(store, record, before, key, write, ({ kind }) => kind === 'written').then(({ result, revoked }) =>
      revoked ? { kind: 'gone' } : result,
    )
  }

  async #underEpoch<Result>(
    store: DatabaseStore,
    record: RecordWrite,
    before: string | undefined,
    key: StoreKey,
    write: () => Promise<Result>,
    wasWritten: (result: Result) => boolean,
  ): Promise<{ readonly result: Result; readonly revoked: boolean }> {
    const { userId, handle } = record
    if (userId === undefined || !isLogin(record, before)) return { result: await write(), revoked: false }
    const readEpoch = new UserEpoch(store, userId).reader()
    return writeUnderEpoch({ readEpoch, undo: () => store.destroy('destroy', key), write, wasWritten, handle })
  }
}
