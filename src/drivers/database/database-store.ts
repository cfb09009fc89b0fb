import type {
  CommitOptions,
  CommitResult,
  Destroyed,
  Durations,
  Found,
  Lease,
  MarkerWrite,
  RecordWrite,
  TextsWrite,
  UpdateResult,
  Version,
} from '../../contracts/driver.ts'
import { SessionError } from '../../session/errors.ts'
import type { StoreKey } from '../../session/id.ts'
import type { Asked } from '../known-leases.ts'
import type { MarkAnswer } from '../replace.ts'
import type { ReadBack } from '../settle.ts'
import type { Answer, Row } from './bridges/bridge.ts'
import type { DialectOf } from './dialects/dialect.ts'
import { type Updated, destroyedOf, removedIn, foundIn, isDuplicate, staysThere } from './found.ts'
import type { SqlLine } from './line.ts'
import { durationValues, leaseValues, markerValues, milliseconds, recordValues, versionValues } from './record-values.ts'
import { type Head, headOf, recordOf, wholeNumber } from './rows.ts'
import { type NamedStatement, type Parameters, TRIES } from './statement.ts'
import { storedText, textOf } from './texts.ts'
import { UnleasedWrites, next } from './unleased-writes.ts'

type Inserted = { readonly version: Version; readonly expiresAt: number } | undefined

/**
 * The sessions in a table: each method is one statement on one row when its condition is met. When it is not, a second one looks at what is there to say
 * why; it decides nothing.
 */
export class DatabaseStore {
  readonly #line: SqlLine
  readonly #dialect: DialectOf
  readonly #unleased: UnleasedWrites

  constructor(line: SqlLine, dialect: DialectOf) {
    this.#line = line
    this.#dialect = dialect
    this.#unleased = new UnleasedWrites(line, dialect, (operation, key) => this.peek(operation, key))
  }

  read(key: StoreKey): Promise<Found | undefined> {
    const { read } = this.#dialect.statements
    return this.#line.run('read', read, { key }, ({ rows: [row] }) => (row === undefined ? undefined : foundIn(key, row)))
  }

  /** What is known of what lives there, without its contents. */
  peek(operation: string, key: StoreKey): Promise<Head | undefined> {
    const { peek } = this.#dialect.statements
    return this.#line.run(operation, peek, { key }, ({ rows: [row] }) => (row === undefined ? undefined : headOf(key, row)))
  }

  async readBack(operation: string, key: StoreKey): Promise<ReadBack | undefined> {
    const head = await this.peek(operation, key)
    return head && { version: head.version, isMarker: head.marker !== undefined, expiresAt: head.expiresAt }
  }

  async insert(key: StoreKey, write: RecordWrite, lease?: { readonly token: string; readonly leaseMs: number }): Promise<Inserted> {
    const values = { key, ...recordValues(write), ...leaseValues(lease?.token, lease?.leaseMs ?? 0) }
    const inserted = await this.#insert(values, write)
    if (inserted !== undefined) return inserted
    // What has expired and was not collected yet is in the way of nobody. What cannot be read is in everybody's.
    const { removeDead } = this.#dialect.statements
    const removed = await this.#line.run('insert', removeDead, { key }, this.#isDone)
    return removed ? this.#insert(values, write) : undefined
  }

  /** `other user`: nothing was written, since the session had another user, or none. `mayChangeUser` lets it. */
  update(key: StoreKey, write: RecordWrite, version: Version, mayChangeUser: boolean): Promise<Updated> {
    return this.#unleased.update(key, write, version, mayChangeUser)
  }

  touch(key: StoreKey, durations: Durations, version: Version | undefined): Promise<UpdateResult> {
    return this.#unleased.touch(key, durations, version)
  }

  rewrite(key: StoreKey, texts: TextsWrite, version: Version): Promise<UpdateResult> {
    return this.#unleased.rewrite(key, texts, version)
  }

  acquire(key: StoreKey, token: string, leaseMs: number): Promise<Asked> {
    return this.#acquire(key, token, leaseMs, 1)
  }

  commit(lease: Lease, write: RecordWrite, { keepLease, leaseMs }: CommitOptions): Promise<CommitResult> {
    const values = { ...leasedValues(lease), ...recordValues(write), ...leaseValues(keepLease, leaseMs) }
    return this.#underLease('commit', this.#dialect.statements.commit, values, lease, keepLease, next(lease.version, write))
  }

  release(lease: Lease, { keepLease, leaseMs, touch }: CommitOptions): Promise<CommitResult> {
    const { release, releaseTouched } = this.#dialect.statements
    const values = { ...leasedValues(lease), ...leaseValues(keepLease, leaseMs) }
    const sql = touch === undefined ? release : releaseTouched
    return this.#underLease('commit', sql, touch ? { ...values, ...durationValues(touch) } : values, lease, keepLease, lease.version)
  }

  async mark(lease: Lease, write: MarkerWrite | undefined): Promise<MarkAnswer> {
    const { mark, removeLeased } = this.#dialect.statements
    const values = leasedValues(lease)
    const isDone =
      write === undefined
        ? await this.#line.run('replace', removeLeased, values, this.#isDone)
        : await this.#line.run('replace', mark, { ...values, ...markerValues(write) }, this.#isWritten)
    return isDone ? { kind: 'written' } : this.#whyNotLeased('replace', lease.key)
  }

  renew(key: StoreKey, token: string, leaseMs: number): Promise<boolean> {
    const { renew } = this.#dialect.statements
    return this.#line.run('renew', renew, { key, token, leaseMs: milliseconds(leaseMs) }, this.#isWritten)
  }

  unlock(key: StoreKey, token: string): Promise<boolean> {
    return this.#line.run('unlock', this.#dialect.statements.unlock, { key, token }, this.#isWritten)
  }

  /** What cannot be read stays, and is an error. */
  async destroy(operation: string, key: StoreKey): Promise<Destroyed> {
    const { destroy } = this.#dialect.statements
    for (let tries = 0; tries < TRIES; tries++) {
      const seen = this.#dialect.canReturn === 'none' ? await this.peek(operation, key) : undefined
      if (this.#dialect.canReturn === 'none' && staysThere(seen)) return destroyedOf(seen)
      const values = seen === undefined ? { key } : { key, ...versionValues(seen.version) }
      const { rows, affected } = await this.#line.run(operation, destroy, values, (answer) => answer)
      const [row] = rows
      if (seen !== undefined && affected > 0) return destroyedOf(seen)
      if (row !== undefined) return removedIn(key, row)
      if (seen !== undefined) continue
      const left = await this.peek(operation, key)
      if (staysThere(left)) return destroyedOf(left)
    }
    throw SessionError.driverFailed(operation, 'The session was written again and again while it was to be removed. Call it again.')
  }

  /** Rows of living sessions in the order of their keys; the driver reads them. */
  rowsAfter(operation: string, after: string, limit: number, userId?: string): Promise<readonly Row[]> {
    const { listAll, listOfUser } = this.#dialect.statements
    const values = { after, limit, userId: userId === undefined ? null : storedText(userId) }
    return this.#line.run(operation, userId === undefined ? listAll : listOfUser, values, ({ rows }) => rows)
  }

  /** Rows of ours, dead or alive, in the order of their keys. */
  surveyAfter(after: string, limit: number): Promise<readonly Row[]> {
    return this.#line.run('survey', this.#dialect.statements.survey, { after, limit }, ({ rows }) => rows)
  }

  /**
   * Removes some rows that have expired, from a second on that an earlier call has `reached`: what was removed stays in the index for as long as
   * anybody's transaction may look at it, and would be walked over each time.
   */
  collect(limit: number, reached: number): Promise<{ readonly removed: number; readonly reached: number }> {
    return this.#line.run('gc', this.#dialect.statements.collect, { limit, reached }, ({ rows, affected }) => ({
      removed: affected,
      reached: rows.reduce((latest, row) => Math.max(latest, wholeNumber(row['expiration']) ?? 0), reached),
    }))
  }

  /** The count of a user's revocations since its row was made, and the name that the row was given then. */
  readEpoch(key: string): Promise<{ readonly counter: number; readonly base: string; readonly handle: string } | undefined> {
    return this.#line.run('epoch', this.#dialect.statements.readEpoch, { key }, ({ rows: [row] }) => {
      if (row === undefined) return undefined
      return { counter: wholeNumber(row['version']) ?? 0, base: textOf(row['write_token']) ?? '', handle: textOf(row['handle']) ?? '' }
    })
  }

  raiseEpoch(key: string, base: string, exceptHandle: string, idleMs: number): Promise<void> {
    const values = { key, writeToken: base, handle: storedText(exceptHandle), idleMs }
    return this.#line.run('revokeUser', this.#dialect.statements.raiseEpoch, values, () => undefined)
  }

  readonly #isWritten = (answer: Answer): boolean => this.#dialect.written(answer) !== undefined
  readonly #isDone = ({ affected }: Answer): boolean => affected > 0

  async #insert(values: Partial<Parameters>, { writeToken }: RecordWrite): Promise<Inserted> {
    try {
      return await this.#line.run('insert', this.#dialect.statements.insert, values, (answer) => {
        const expiresAt = this.#dialect.written(answer)
        return expiresAt === undefined ? undefined : { version: { counter: 1, writeToken }, expiresAt }
      })
    } catch (error) {
      if (isDuplicate(error)) return undefined
      throw error
    }
  }

  #acquire(key: StoreKey, token: string, leaseMs: number, tries: number): Promise<Asked> {
    const { acquire, read } = this.#dialect.statements
    const values = { key, token, leaseMs: milliseconds(leaseMs) }
    const readAsked = (answer: Answer): Asked | Promise<Asked> => {
      const [row] = answer.rows
      if (row === undefined) return this.#whyNotAcquired(key, token, leaseMs, tries)
      return this.#heldIn(key, token, row)
    }
    if (this.#dialect.canReturn !== 'none') {
      return this.#line.run('acquire', acquire, values, (answer) =>
        answer.rows.length === 0 && this.#dialect.canReturn === 'inserts' ? { kind: 'absent' } : readAsked(answer),
      )
    }
    return this.#line.run('acquire', acquire, values, (answer) =>
      this.#isWritten(answer) ? this.#line.run('acquire', read, { key }, readAsked) : this.#whyNotAcquired(key, token, leaseMs, tries),
    )
  }

  #heldIn(key: StoreKey, token: string, row: Row): Asked | Promise<Asked> {
    try {
      const head = headOf(key, row)
      if (head === undefined) return { kind: 'absent' }
      if (head.metadata === undefined) return { kind: 'marker', marker: head.marker, now: head.now }
      if (head.leaseToken !== token || head.leaseEndsAt <= head.now) return { kind: 'busy' }
      return { kind: 'record', record: recordOf(key, head, head.metadata, row), now: head.now }
    } catch (error) {
      return this.#unlockDamaged(key, token, error)
    }
  }

  async #whyNotAcquired(key: StoreKey, token: string, leaseMs: number, tries: number): Promise<Asked> {
    const head = await this.peek('acquire', key)
    if (head === undefined) return { kind: 'absent' }
    if (head.metadata === undefined) return { kind: 'marker', marker: head.marker, now: head.now }
    const isFree = head.leaseEndsAt <= head.now || head.leaseToken === token
    return isFree && tries < TRIES ? this.#acquire(key, token, leaseMs, tries + 1) : { kind: 'busy' }
  }

  /** The row could be leased, and not be read: then it is not held either. */
  async #unlockDamaged(key: StoreKey, token: string, error: unknown): Promise<never> {
    await this.unlock(key, token).catch(() => undefined)
    throw error
  }

  #underLease(
    operation: string,
    sql: NamedStatement,
    values: Partial<Parameters>,
    { key }: Lease,
    keepLease: string | undefined,
    version: Version,
  ): Promise<CommitResult> {
    return this.#line.run(operation, sql, values, (answer): CommitResult | Promise<CommitResult> => {
      const expiresAt = this.#dialect.written(answer)
      if (expiresAt === undefined) return this.#whyNotLeased(operation, key)
      const lease = keepLease === undefined ? undefined : { key, token: keepLease, version }
      return { kind: 'written', version, expiresAt, lease, readBack: false }
    })
  }

  async #whyNotLeased(operation: string, key: StoreKey): Promise<{ readonly kind: 'gone' } | { readonly kind: 'lost' }> {
    const head = await this.peek(operation, key)
    return { kind: head?.metadata === undefined ? 'gone' : 'lost' }
  }
}

function leasedValues({ key, token, version }: Lease): Partial<Parameters> {
  return { key, token, ...versionValues(version) }
}
