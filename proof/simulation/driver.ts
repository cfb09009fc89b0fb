import type {
  AcquireOptions,
  Acquired,
  CommitOptions,
  CommitResult,
  Destroyed,
  Durations,
  Found,
  Lease,
  ListingDriver,
  ListOptions,
  ListPage,
  LockingDriver,
  MarkerWrite,
  RecordWrite,
  UpdateResult,
  Version,
} from '../../src/contracts/driver.ts'
import { KnownLeases, type LeaseStore } from '../../src/drivers/known-leases.ts'
import { replaceInTwoSteps } from '../../src/drivers/replace.ts'
import { isLogin, revokeInPasses, writeUnderEpoch } from '../../src/drivers/revoke.ts'
import { answered, settleCommit, settleDestroy, settleRelease, settleUpdate } from '../../src/drivers/settle.ts'
import { SessionError } from '../../src/session/errors.ts'
import type { StoreKey } from '../../src/session/id.ts'
import type { Network } from './line.ts'
import type { ModelStore, Written } from './store.ts'

const NEVER_CLOSED: LeaseStore = { isOpen: () => true, unlock: () => Promise.resolve() }

/** The driver of one process: what those of Redis and of databases do, on the model store. The steps that make an outcome certain are theirs. */
export class SimulatedDriver implements LockingDriver, ListingDriver {
  readonly name = 'simulated'
  readonly expiresByItself = true
  readonly boundsAnswers = true
  readonly #owner: object
  readonly #network: Network
  readonly #store: ModelStore
  readonly #leases = new KnownLeases()

  constructor(owner: object, network: Network, store: ModelStore) {
    this.#owner = owner
    this.#network = network
    this.#store = store
  }

  async open(): Promise<void> {}

  async close(): Promise<void> {}

  async gc(): Promise<number> {
    return 0
  }

  read(key: StoreKey): Promise<Found | undefined> {
    return answered('read', () => this.#send('read', () => this.#store.read(key)))
  }

  async insert(key: StoreKey, record: RecordWrite): Promise<Written | undefined> {
    const write = (): Promise<Written | undefined> => answered('insert', () => this.#send('insert', () => this.#store.insert(key, record)))
    if (!isLogin(record, undefined)) return write()
    const { result, revoked } = await this.#underEpoch(record, key, write, (inserted) => inserted !== undefined)
    if (revoked) throw SessionError.gone()
    return result
  }

  async update(key: StoreKey, record: RecordWrite, version: Version): Promise<UpdateResult> {
    const send = (): Promise<UpdateResult> => this.#send('update', () => this.#store.update(key, record, version))
    const write = { send, readBack: this.#readBack(key), writeToken: record.writeToken }
    const settled = (): Promise<UpdateResult> => settleUpdate(key, version, write)
    // Who merges changes no user.
    if (!isLogin(record, record.userId)) return settled()
    const { result, revoked } = await this.#underEpoch(record, key, settled, ({ kind }) => kind === 'written')
    return revoked ? { kind: 'gone' } : result
  }

  touch(key: StoreKey, durations: Durations, version?: Version): Promise<UpdateResult> {
    return answered('touch', () => this.#send('touch', () => this.#store.touch(key, durations, version)))
  }

  destroy(key: StoreKey): Promise<Destroyed> {
    return settleDestroy(() => this.#send('destroy', () => this.#store.destroy(key)))
  }

  async acquire(key: StoreKey, options: AcquireOptions): Promise<Acquired> {
    const acquired = await answered('acquire', () => this.#send('acquire', () => this.#store.acquire(key, options)))
    if (acquired.kind === 'held') this.#leases.add(key, options.token, acquired.record.userId)
    return acquired
  }

  async commit(lease: Lease, record: RecordWrite | undefined, options: CommitOptions): Promise<CommitResult> {
    const [{ key }, { keepLease }] = [lease, options]
    const userId = record === undefined ? this.#leases.userOf(lease) : record.userId
    const send = (): Promise<CommitResult> => this.#send('commit', () => this.#store.commit(lease, record, options))
    const readBack = this.#readBack(key)
    const write = (): Promise<CommitResult> => {
      if (record === undefined) return settleRelease(send, readBack)
      const { writeToken } = record
      return this.#asUser(lease, record, key, () => settleCommit(lease, keepLease, { send, readBack, writeToken }))
    }
    return this.#leases.write({ lease, key, keepLease, userId, write }, NEVER_CLOSED)
  }

  async replace(
    lease: Lease,
    newKey: StoreKey,
    record: RecordWrite,
    marker: MarkerWrite | undefined,
    { keepLease, leaseMs }: CommitOptions,
  ): Promise<CommitResult> {
    const newLease = keepLease === undefined ? undefined : { token: keepLease, leaseMs }
    const write = (): Promise<CommitResult> =>
      replaceInTwoSteps({
        insert: () => this.#send('insert', () => this.#store.insert(newKey, record, newLease)),
        mark: () => this.#send('mark', () => this.#store.mark(lease, marker)),
        readOld: this.#readBack(lease.key),
        destroyNew: () => this.#send('destroy', () => this.#store.destroy(newKey)),
        markToken: marker?.writeToken ?? 'nothing is put there',
        newKey,
        lease,
        keepLease,
      })
    const asUser = (): Promise<CommitResult> => this.#asUser(lease, record, newKey, write)
    return this.#leases.write({ lease, key: newKey, keepLease, userId: record.userId, write: asUser }, NEVER_CLOSED)
  }

  renew(lease: Lease, leaseMs: number): Promise<boolean> {
    return answered('renew', () => this.#send('renew', () => this.#store.renew(lease, leaseMs)))
  }

  unlock({ key, token }: { readonly key: StoreKey; readonly token: string }): Promise<boolean> {
    this.#leases.forget(token)
    return answered('unlock', () => this.#send('unlock', () => this.#store.unlock(key, token)))
  }

  async list({ userId }: ListOptions = {}): Promise<ListPage> {
    const sessions = await answered('list', () => this.#send('list', () => this.#store.ofUser(userId ?? '')))
    return { sessions, cursor: undefined }
  }

  revokeUser(userId: string, { exceptHandle }: { readonly exceptHandle?: string | undefined } = {}): Promise<number> {
    return revokeInPasses({
      raiseEpoch: () => this.#send('raise', () => this.#store.raiseEpoch(userId, exceptHandle)),
      list: () => this.#send('list', () => this.#store.ofUser(userId).flatMap(({ key, handle }) => (handle === exceptHandle ? [] : [key]))),
      destroy: (key) => this.#send('destroy', () => this.#store.destroy(key)),
    })
  }

  #send<Answer>(operation: string, work: () => Answer): Promise<Answer> {
    return this.#network.send(this.#owner, operation, work)
  }

  #readBack(key: StoreKey) {
    return () => this.#send('readBack', () => this.#store.readBack(key))
  }

  async #asUser(lease: Lease, record: RecordWrite, key: StoreKey, write: () => Promise<CommitResult>): Promise<CommitResult> {
    if (!isLogin(record, this.#leases.userOf(lease))) return write()
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
    let looks = 0
    return writeUnderEpoch({
      readEpoch: () => {
        const isFirst = looks++ === 0
        return this.#send('epoch', () => this.#store.epoch(userId)).then((epoch) => {
          if (isFirst) this.#store.sawEpoch(handle, epoch)
          return epoch
        })
      },
      undo: () => this.#send('destroy', () => this.#store.destroy(key)),
      write,
      wasWritten,
      handle,
    })
  }
}
