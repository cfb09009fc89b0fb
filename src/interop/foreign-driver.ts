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
  LockingDriver,
  MarkerWrite,
  RecordWrite,
  RewritingDriver,
  TextsWrite,
  UpdateResult,
  Version,
} from '../contracts/driver.ts'
import { rewritten, touched } from '../drivers/instants.ts'
import { answered, settleUpdate } from '../drivers/settle.ts'
import { SessionError } from '../session/errors.ts'
import { hashAsStoreKey } from '../session/id.ts'
import type { StoreKey } from '../session/id.ts'
import { randomHex } from '../session/random.ts'
import { foundIn } from './cabinet.ts'
import { contentsOf, recordContents } from './contents.ts'
import type { Contents } from './contents.ts'
import type { ForeignParts } from './foreign-parts.ts'
import { commit, replace } from './leased-steps.ts'
import { change, destroy, insert } from './unleased-steps.ts'

/**
 * Keeps sessions in a store that has neither locks nor conditions: both are this process's own. A step on a key is done when those before it are, so that
 * reading, comparing and writing are one; leases lie in memory. A write that the store gave an error for is settled by reading back.
 */
export class ForeignDriver implements LockingDriver, RewritingDriver {
  readonly name: string
  readonly expiresByItself: boolean
  readonly #parts: ForeignParts
  #isClosed = false

  /** Made by `fromExpressStore` and `fromUnstorage`. */
  constructor(parts: ForeignParts) {
    this.name = parts.name
    this.expiresByItself = parts.collect === undefined
    this.#parts = parts
  }

  /** Asks the store for what it cannot have, to see that it answers. */
  async open(): Promise<void> {
    await this.#parts.cabinet.has('open', hashAsStoreKey(randomHex(32)))
    this.#isClosed = false
  }

  close(): Promise<void> {
    this.#isClosed = true
    this.#parts.shared.freeAll(this)
    return Promise.resolve()
  }

  read(key: StoreKey): Promise<Found | undefined> {
    return this.#step('read', key, async (contents, now) => contents && foundIn(contents, now))
  }

  async insert(key: StoreKey, record: RecordWrite): Promise<{ readonly version: Version; readonly expiresAt: number } | undefined> {
    const { result, isRevoked } = await this.#parts.shared.asUser(record, () =>
      this.#step('insert', key, (taken, now) => insert(this.#parts, key, record, taken, now)),
    )
    if (!isRevoked || result === undefined) return result
    await this.destroy(key)
    throw SessionError.gone()
  }

  update(key: StoreKey, record: RecordWrite, version: Version): Promise<UpdateResult> {
    const { cabinet } = this.#parts
    const written = (now: number): Contents => recordContents(key, record, version.counter + 1, now)
    return this.#asUser(key, record, () =>
      this.#inLine('update', key, (now) =>
        settleUpdate(key, version, {
          send: () => change(this.#parts, 'update', { key, version, now }, () => written(now)),
          readBack: () => cabinet.readBack('update', key, now),
          writeToken: record.writeToken,
        }),
      ),
    )
  }

  touch(key: StoreKey, durations: Durations, version?: Version): Promise<UpdateResult> {
    return this.#inLine('touch', key, (now) =>
      change(this.#parts, 'touch', { key, version, now }, (record) => contentsOf(key, { ...record, ...touched(record, durations, now) })),
    )
  }

  rewrite(key: StoreKey, texts: TextsWrite, version: Version): Promise<UpdateResult> {
    return this.#inLine('rewrite', key, (now) =>
      change(this.#parts, 'rewrite', { key, version, now }, (record) => contentsOf(key, rewritten(record, texts))),
    )
  }

  destroy(key: StoreKey): Promise<Destroyed> {
    const { shared, clock } = this.#parts
    return shared.inLine(key, () => destroy(this.#parts, key, clock()))
  }

  async gc(options: GcOptions = {}): Promise<number> {
    const { collect, shared, clock } = this.#parts
    shared.forgetEnded(clock())
    return collect === undefined ? 0 : await collect(options)
  }

  acquire(key: StoreKey, { token, leaseMs }: AcquireOptions): Promise<Acquired> {
    const { shared } = this.#parts
    return this.#step('acquire', key, async (contents, now): Promise<Acquired> => {
      const found = contents && foundIn(contents, now)
      if (contents === undefined || found === undefined) return { kind: 'absent' }
      if (found.kind === 'marker') return found
      if (shared.isLeased(key, now) && !shared.holds(key, token, now)) return { kind: 'busy' }
      await this.#lease(contents, token, leaseMs, now)
      return { kind: 'held', lease: { key, token, version: contents.version }, record: found.record, now }
    })
  }

  commit(lease: Lease, record: RecordWrite | undefined, options: CommitOptions): Promise<CommitResult> {
    const step = (): Promise<CommitResult> =>
      this.#inLine('commit', lease.key, (now) => commit(this.#parts, this, lease, record, options, now))
    return record === undefined ? step() : this.#asUser(lease.key, record, step)
  }

  replace(
    lease: Lease,
    newKey: StoreKey,
    record: RecordWrite,
    marker: MarkerWrite | undefined,
    options: CommitOptions,
  ): Promise<CommitResult> {
    const { shared, clock } = this.#parts
    const step = (): Promise<CommitResult> => replace(this.#parts, this, lease, { key: newKey, record, marker }, options, clock())
    return this.#asUser(newKey, record, () => shared.inLines(lease.key, newKey, () => answered('replace', step)))
  }

  renew({ key, token }: Lease, leaseMs: number): Promise<boolean> {
    return this.#step('renew', key, async (contents, now) => {
      if (contents === undefined || !this.#parts.shared.holds(key, token, now)) return false
      await this.#lease(contents, token, leaseMs, now)
      return true
    })
  }

  unlock({ key, token }: { readonly key: StoreKey; readonly token: string }): Promise<boolean> {
    const { shared, clock } = this.#parts
    return shared.inLine(key, async () => shared.holds(key, token, clock()) && shared.leases.delete(key))
  }

  /** Does a step in the line of a key. */
  #inLine<Result>(operation: string, key: StoreKey, step: (now: number) => Promise<Result>): Promise<Result> {
    const { shared, clock } = this.#parts
    return shared.inLine(key, () => answered(operation, () => step(clock())))
  }

  /** The same with what lives there. */
  #step<Result>(operation: string, key: StoreKey, step: (contents: Contents | undefined, now: number) => Promise<Result>): Promise<Result> {
    return this.#inLine(operation, key, async (now) => step(await this.#parts.cabinet.find(operation, key, now), now))
  }

  async #lease(contents: Contents, token: string, leaseMs: number, now: number): Promise<void> {
    const endsAt = now + leaseMs
    await this.#parts.cabinet.keepUntil(contents, endsAt, now)
    // Nobody would give it back.
    if (this.#isClosed) throw SessionError.driverFailed('acquire', 'The driver was closed meanwhile.')
    this.#parts.shared.leases.set(contents.key, { token, endsAt, owner: this })
  }

  /** A write of a user's session. When the user was revoked meanwhile, it is undone. */
  async #asUser<Result extends { readonly kind: string }>(
    key: StoreKey,
    record: RecordWrite,
    write: () => Promise<Result>,
  ): Promise<Result | { readonly kind: 'gone' }> {
    const { result, isRevoked } = await this.#parts.shared.asUser(record, write)
    if (!isRevoked || result.kind !== 'written') return result
    await this.destroy(key)
    return { kind: 'gone' }
  }
}
