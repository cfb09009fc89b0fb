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
import { type Asked, KnownLeases, type LeaseStore } from '../known-leases.ts'
import { replaceInTwoSteps } from '../replace.ts'
import { isLogin, revokeInPasses, writeUnderEpoch } from '../revoke.ts'
import { answered, settleDestroy, settleUpdate } from '../settle.ts'
import type { Bridge } from './bridges/bridge.ts'
import { bridgeTo } from './bridges/recognise.ts'
import { RedisLine } from './line.ts'
import { type Walk, keysOfUser, listPage, prune } from './listing.ts'
import { connected, serverFacts } from './opening.ts'
import { type CheckedOptions, type RedisDriverOptions, checkedOptions } from './options.ts'
import { RedisStore, type Updated } from './redis-store.ts'
import { surveyPage } from './survey.ts'
import { UserIndex } from './user-index.ts'

export type { RedisClient } from './bridges/recognise.ts'
export type { RedisDriverOptions } from './options.ts'

type Inserted = { readonly version: Version; readonly expiresAt: number } | undefined

const OTHER_USER: Updated = { kind: 'other user' }

/** A login that was revoked while it was written. */
interface UnderEpoch<Result> {
  readonly result: Result
  readonly revoked: boolean
}

/**
 * Keeps sessions in Redis or Valkey, one key each, for any number of processes on any number of machines.
 *
 * A lock is a lease on the session's own key, on the server's clock; a write is refused unless the lease is the writer's. Each step is one script
 * on one key, so it runs on a Cluster as on a single server. A reply that never comes is settled by reading back, and nothing is sent a second
 * time before that. Redis removes expired sessions by itself; `gc` only tidies the indexes of users.
 *
 * Reads and writes reject with `ERR_SESSION_DRIVER_FAILED` before `open` and after `close`.
 *
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 */
export class RedisDriver implements LockingDriver, ListingDriver, RewritingDriver, SurveyingDriver {
  readonly name = 'redis'
  readonly expiresByItself = true
  readonly boundsAnswers = true
  readonly #options: CheckedOptions
  readonly #bridge: Bridge
  readonly #walk: Walk
  #isOpen = false
  #opening: Promise<void> | undefined
  readonly #leases = new KnownLeases()
  readonly #leaseStore: LeaseStore = { isOpen: () => this.#isOpen, unlock: (key, token) => this.#walk.store.unlock(key, token) }

  constructor(options: RedisDriverOptions) {
    this.#options = checkedOptions(options)
    const { client, prefix, boundMs, wait } = this.#options
    this.#bridge = bridgeTo(client, boundMs)
    const line = new RedisLine(this.#bridge, boundMs)
    this.#walk = { line, prefix, store: new RedisStore(line, prefix, wait), index: new UserIndex(line, prefix) }
  }

  /**
   * Connects the client if it is not, and checks the server: its version, its scripts, that it is no replica. It warns, once, of a server that
   * throws sessions away when its memory is full.
   *
   * @throws {SessionError} `ERR_SESSION_DRIVER_FAILED` when sessions cannot be kept there: the message says why and what to do.
   */
  async open(): Promise<void> {
    if (this.#isOpen) return
    this.#opening ??= this.#connect().finally(() => (this.#opening = undefined))
    await this.#opening
  }

  /** Gives back the leases, and closes what the driver itself opened. The client that was handed in stays connected. */
  async close(): Promise<void> {
    await this.#opening?.catch(() => undefined)
    if (!this.#isOpen) return
    this.#isOpen = false
    const leases = this.#leases.takeAll()
    await Promise.allSettled(leases.map(({ key, token }) => this.#walk.store.unlock(key, token)))
    await this.#bridge.close()
  }

  async read(key: StoreKey): Promise<Found | undefined> {
    return answered('read', () => this.#store('read').read(key))
  }

  async insert(key: StoreKey, record: RecordWrite): Promise<Inserted> {
    const store = this.#store('insert')
    const write = (): Promise<Inserted> => answered('insert', () => store.insert(key, record))
    if (!isLogin(record, undefined)) return write()
    const { result, revoked } = await this.#underEpoch(record, key, write, (inserted) => inserted !== undefined)
    if (revoked) throw SessionError.gone()
    return result
  }

  async update(key: StoreKey, record: RecordWrite, version: Version): Promise<UpdateResult> {
    // Who proved anew who they are is entered again, whoever had the session before.
    const asOwner = isLogin(record, record.userId) ? OTHER_USER : await this.#settledUpdate(key, record, version, false)
    if (asOwner.kind !== 'other user') return asOwner
    const write = async (): Promise<UpdateResult> => {
      const updated = await this.#settledUpdate(key, record, version, true)
      return updated.kind === 'other user' ? { kind: 'conflict' } : updated
    }
    const { result, revoked } = await this.#underEpoch(record, key, write, ({ kind }) => kind === 'written')
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
    return this.#leases.ended(key, await settleDestroy(() => this.#remove(store, 'destroy', key)))
  }

  /** Removes entries of users' indexes that lead nowhere any more. It removes no sessions, and so answers 0: Redis does that. */
  async gc(options: GcOptions = {}): Promise<number> {
    this.#store('gc')
    await answered('gc', () => prune(this.#walk, options))
    return 0
  }

  acquire(key: StoreKey, { token, leaseMs }: AcquireOptions): Promise<Acquired> {
    const ask = (): Promise<Asked> => this.#ask('acquire', (store) => store.acquire(key, token, leaseMs))
    return this.#leases.acquire({ key, token, ask }, this.#leaseStore)
  }

  commit(lease: Lease, record: RecordWrite | undefined, options: CommitOptions): Promise<CommitResult> {
    return this.#ask('commit', (store) => {
      const asUser = (written: RecordWrite, write: () => Promise<CommitResult>): Promise<CommitResult> =>
        this.#asUser(lease, written, lease.key, write)
      return this.#leases.commit({ lease, record, options, store, asUser }, this.#leaseStore)
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
    const { userId, durations } = record
    const write = (): Promise<CommitResult> =>
      replaceInTwoSteps({
        insert: () => store.insert(newKey, record, newLease),
        mark: () => store.mark(lease, marker),
        readOld: () => store.readBack('replace', lease.key),
        destroyNew: () => this.#remove(store, 'replace', newKey),
        markToken: marker?.writeToken ?? 'nothing is put there',
        newKey,
        lease,
        keepLease,
      })
    const asUser = (): Promise<CommitResult> => this.#asUser(lease, record, newKey, write)
    const before = this.#leases.userOf(lease)
    // The new key is found by its user from the moment it exists. That of a login is entered with the epoch.
    if (userId !== undefined && !isLogin(record, before)) await answered('replace', () => this.#walk.index.enter(userId, newKey, durations))
    const result = await this.#leases.write({ lease, key: newKey, keepLease, userId, write: asUser }, this.#leaseStore)
    if (result.kind === 'written') this.#forget(before, lease.key)
    return result
  }

  async renew(lease: Lease, leaseMs: number): Promise<boolean> {
    return this.#isOpen && answered('renew', () => this.#walk.store.renew(lease.key, lease.token, leaseMs))
  }

  async unlock({ key, token }: { readonly key: StoreKey; readonly token: string }): Promise<boolean> {
    this.#leases.forget(token)
    return this.#isOpen && answered('unlock', () => this.#walk.store.unlock(key, token))
  }

  /** A page of one user's sessions is in the order in which they were entered; one of all in none, and a session that is listed while the server grows its tables may be listed twice. */
  async list(options: ListOptions = {}): Promise<ListPage> {
    this.#store('list')
    return answered('list', () => listPage(this.#walk, options))
  }

  /** What each master says of itself, by the names of `INFO`, for whoever looks after it; `config_save` only where `CONFIG GET` is allowed. */
  readonly facts = (): Promise<readonly ReadonlyMap<string, string>[]> => serverFacts(this.#walk.line)

  readonly survey: SurveyingDriver['survey'] = (options = {}) =>
    this.#ask('survey', () => answered('survey', () => surveyPage(this.#walk, options)))

  async revokeUser(userId: string, { exceptHandle }: { readonly exceptHandle?: string | undefined } = {}): Promise<number> {
    const store = this.#store('revokeUser')
    return revokeInPasses({
      raiseEpoch: () => this.#walk.index.raise(userId, exceptHandle),
      list: () => keysOfUser(this.#walk, userId, exceptHandle),
      destroy: (key) => this.#remove(store, 'revokeUser', key),
    })
  }

  async #connect(): Promise<void> {
    await connected(this.#bridge, this.#options)
    this.#isOpen = true
  }

  #store(operation: string): RedisStore {
    if (!this.#isOpen) throw SessionError.driverFailed(operation, 'The driver is not open. Await open() first.')
    return this.#walk.store
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
    return settleUpdate(key, version, write).then((result) => (otherUser && result.kind === 'conflict' ? { kind: 'other user' } : result))
  }

  /** Asks the store, once the driver is open. What is wrong with the question comes as a rejection, as what went wrong with the answer does. */
  #ask<Answer>(operation: string, question: (store: RedisStore) => Promise<Answer>): Promise<Answer> {
    try {
      return question(this.#store(operation))
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** A write under a lease. */
  #asUser(lease: Lease, record: RecordWrite, key: StoreKey, write: () => Promise<CommitResult>): Promise<CommitResult> {
    if (!isLogin(record, this.#leases.userOf(lease))) return write()
    return this.#underEpoch(record, key, write, ({ kind }) => kind === 'written').then(({ result, revoked }) =>
      revoked ? { kind: 'gone' } : result,
    )
  }

  async #underEpoch<Result>(
    { userId, handle, durations }: RecordWrite,
    key: StoreKey,
    write: () => Promise<Result>,
    wasWritten: (result: Result) => boolean,
  ): Promise<UnderEpoch<Result>> {
    if (userId === undefined) return { result: await write(), revoked: false }
    const { index, store } = this.#walk
    let looks = 0
    return writeUnderEpoch({
      // The first look enters the session as well.
      readEpoch: () => (looks++ === 0 ? index.enter(userId, key, durations) : index.epoch(userId)),
      undo: () => this.#remove(store, 'destroy', key),
      write,
      wasWritten,
      handle,
    })
  }

  async #remove(store: RedisStore, operation: string, key: StoreKey): Promise<Destroyed> {
    const { destroyed, userId } = await store.destroy(operation, key)
    this.#forget(userId, key)
    return destroyed
  }

  /** Nobody waits for it: an entry that stays is looked at in vain, and goes with the next list or collection. */
  #forget(userId: string | undefined, key: StoreKey): void {
    if (userId !== undefined) this.#walk.index.forget(userId, [key]).catch(() => undefined)
  }
}
