import { resolve } from 'node:path'
import type {
  Acquired,
  AcquireOptions,
  CommitOptions,
  CommitResult,
  Destroyed,
  Durations,
  Found,
  GcOptions,
  Lease,
  ListingDriver,
  ListOptions,
  ListPage,
  LockingDriver,
  MarkerWrite,
  RecordWrite,
  RewritingDriver,
  TextsWrite,
  UpdateResult,
  Version,
} from '../../contracts/driver.ts'
import type { SurveyOptions, SurveyPage, SurveyingDriver } from '../../contracts/surveying-driver.ts'
import { SessionError } from '../../session/errors.ts'
import type { StoreKey } from '../../session/id.ts'
import { booleanOption, checkFunction, choiceOption, knownFields, shown } from '../../session/option-check.ts'
import { collect } from './collect.ts'
import { destroy } from './destroy.ts'
import { failure } from './file-errors.ts'
import { assertThere, openFolder } from './folder.ts'
import { acquire, commit, renew, replace, unlock } from './leased-steps.ts'
import { Leases } from './leases.ts'
import { listPage, revokeUser } from './list.ts'
import type { Folder } from './open-record.ts'
import { surveyFolder } from './survey.ts'
import { found, insert, readLive, rewrite, touch, update } from './unleased-steps.ts'

/** Where sessions are kept, and how firmly. */
export interface FileDriverOptions {
  /** The folder for the sessions, relative to the working folder. It is made, with mode 0700, when it is missing. */
  readonly path: string
  /**
   * What an answered write outlives. Default: `process`, a crash or a kill of any process: it lies in the system's cache, and the
   * system writes it to the disk within seconds. `power` waits for the disk: it outlives a loss of power, and costs about a
   * millisecond a write instead of some microseconds. Give all processes that share the folder the same.
   */
  readonly durability?: 'process' | 'power' | undefined
  /**
   * `true` promises that one process, with one thread, uses the folder: locks are then kept in its memory, and need neither addon nor
   * permission. A second process would lose updates. Default: `false`, locks of the kernel, for any number of processes on one machine.
   */
  readonly singleProcess?: boolean | undefined
  /** Unix milliseconds. Default: `Date.now`. */
  readonly clock?: (() => number) | undefined
}

/**
 * Keeps sessions in files, one each, for any number of processes on one machine: the driver for a server with a local disk.
 *
 * A lock is the kernel's, on the session's own file. It is freed at once when its process dies, and it has no time-out: while a process that
 * holds a session is stopped, others are told that it is busy. Writes go into the file in place, beside the text that they replace, so a crash
 * in their midst leaves the session as it was. Small reads and writes are synchronous calls on what the system has cached,
 * which takes less time than to hand them to a thread; syncs, lists and collections do not keep the event loop waiting.
 * The folder must lie on a local file system: `open` tries locks and links on it.
 *
 * Reads and writes reject with `ERR_SESSION_DRIVER_FAILED` before `open` and after `close`.
 *
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work.
 */
export class FileDriver implements LockingDriver, ListingDriver, RewritingDriver, SurveyingDriver {
  readonly name = 'file'
  readonly expiresByItself = false
  readonly #root: string
  readonly #isDurable: boolean
  readonly #singleProcess: boolean
  readonly #clock: () => number
  readonly #leases = new Leases()
  #folder: Folder | undefined

  constructor(options: FileDriverOptions) {
    knownFields('', options, ['path', 'durability', 'singleProcess', 'clock'])
    const { path, clock = Date.now } = options
    // Of an address of a file, a folder called `file:` would be made.
    if (typeof path !== 'string' || path === '' || path.includes('\0') || path.startsWith('file:')) {
      throw SessionError.config('path', `must be the path of a folder, such as 'var/sessions', not ${shown(path)}.`)
    }
    checkFunction('clock', clock)
    this.#root = resolve(path)
    this.#isDurable = choiceOption('durability', options.durability, 'process', ['process', 'power']) === 'power'
    this.#singleProcess = booleanOption('singleProcess', options.singleProcess, false)
    this.#clock = clock
  }

  /**
   * Makes or checks the folder, and the kind of lock that it is used with.
   *
   * @throws {SessionError} `ERR_SESSION_DRIVER_FAILED` when it cannot be used: the message says why and what to do.
   */
  async open(): Promise<void> {
    const [root, isDurable, singleProcess] = [this.#root, this.#isDurable, this.#singleProcess]
    this.#folder ??= { root, isDurable, locks: await openFolder(root, { singleProcess, isDurable }) }
  }

  async close(): Promise<void> {
    if (this.#folder !== undefined) this.#leases.releaseAll(this.#folder.locks)
    this.#folder = undefined
  }

  async read(key: StoreKey): Promise<Found | undefined> {
    return this.#step('read', async (folder, now) => found(await readLive(folder, key, now), now))
  }

  async insert(key: StoreKey, record: RecordWrite): Promise<{ readonly version: Version; readonly expiresAt: number } | undefined> {
    return this.#step('insert', (folder, now) => insert(folder, key, record, now))
  }

  async update(key: StoreKey, record: RecordWrite, version: Version): Promise<UpdateResult> {
    return this.#step('update', (folder, now) => update(folder, key, record, version, now))
  }

  async touch(key: StoreKey, durations: Durations, version?: Version): Promise<UpdateResult> {
    return this.#step('touch', (folder, now) => touch(folder, key, durations, version, now))
  }

  async rewrite(key: StoreKey, texts: TextsWrite, version: Version): Promise<UpdateResult> {
    return this.#step('rewrite', (folder, now) => rewrite(folder, key, texts, version, now))
  }

  async destroy(key: StoreKey): Promise<Destroyed> {
    return this.#step('destroy', async (folder, now) => {
      const destroyed = await destroy(folder, key, now)
      if (destroyed.kind !== 'marker') this.#leases.releaseEnded(folder.locks, key)
      return destroyed
    })
  }

  /** Besides expired records it removes temporary files and index entries that crashes left. It never removes what it cannot read. */
  async gc(options: GcOptions = {}): Promise<number> {
    return this.#walk('gc', (folder) => collect(folder, options, this.#clock))
  }

  async acquire(key: StoreKey, options: AcquireOptions): Promise<Acquired> {
    return this.#step('acquire', (folder, now) => acquire(folder, this.#leases, key, options, now))
  }

  async commit(lease: Lease, record: RecordWrite | undefined, options: CommitOptions): Promise<CommitResult> {
    return this.#step('commit', (folder, now) => commit(folder, this.#leases, lease, record, options, now))
  }

  async replace(
    lease: Lease,
    newKey: StoreKey,
    record: RecordWrite,
    marker: MarkerWrite | undefined,
    options: CommitOptions,
  ): Promise<CommitResult> {
    return this.#step('replace', (folder, now) => replace(folder, this.#leases, lease, newKey, record, marker, options, now))
  }

  /** A lease has no time to be given more of: it answers whether the lease is held and the record still there. */
  async renew(lease: Lease, _leaseMs: number): Promise<boolean> {
    return this.#folder !== undefined && this.#step('renew', (folder) => renew(folder, this.#leases, lease))
  }

  async unlock(lease: { readonly key: StoreKey; readonly token: string }): Promise<boolean> {
    return this.#folder !== undefined && this.#step('unlock', (folder) => unlock(folder, this.#leases, lease))
  }

  async list(options: ListOptions = {}): Promise<ListPage> {
    return this.#walk('list', (folder) => listPage(folder, options, this.#clock()))
  }

  /** Who holds a lease is named after the last write, since the kernel does not say whose a lock is; it is tried for a moment. */
  async survey(options: SurveyOptions = {}): Promise<SurveyPage> {
    return this.#walk('survey', (folder) => surveyFolder(folder, options, this.#clock()))
  }

  async revokeUser(userId: string, options: { readonly exceptHandle?: string | undefined } = {}): Promise<number> {
    return this.#walk('revokeUser', (folder) => revokeUser(folder, userId, options.exceptHandle, this.#clock))
  }

  async #step<Answer>(operation: string, step: (folder: Folder, now: number) => Answer | Promise<Answer>): Promise<Answer> {
    try {
      return await step(this.#opened(operation), this.#clock())
    } catch (error) {
      throw failure(operation, this.#root, error)
    }
  }

  /** For what reads folders: one that vanished looks empty. */
  #walk<Answer>(operation: string, step: (folder: Folder) => Promise<Answer>): Promise<Answer> {
    return this.#step(operation, (folder) => {
      assertThere(folder.root)
      return step(folder)
    })
  }

  #opened(operation: string): Folder {
    if (this.#folder === undefined) throw SessionError.driverFailed(operation, 'The driver is not open. Await open() first.')
    return this.#folder
  }
}
