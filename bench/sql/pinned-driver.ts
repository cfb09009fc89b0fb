import type { Pool, PoolClient } from 'pg'
import type {
  AcquireOptions,
  Acquired,
  CommitResult,
  Destroyed,
  Found,
  Lease,
  LockingDriver,
  RecordMetadata,
  RecordWrite,
  StoredRecord,
  UpdateResult,
  Version,
} from '../../src/contracts/driver.ts'
import type { StoreKey } from '../../src/session/id.ts'

interface Row {
  readonly payload: string
  readonly flash: string
  readonly about: string
}

type About = RecordMetadata & { readonly version: Version }

/**
 * Locks by the database's own locks, which end with the connection or the transaction: BEGIN, the lock, SELECT, UPDATE, COMMIT, each prepared. So a
 * request keeps a connection from its beginning to its end. For a bench, as what a lease in the row is compared with: it knows no user, no change of id and
 * no expiry.
 */
export class PinnedDriver implements LockingDriver {
  readonly name = 'pinned'
  readonly expiresByItself = true
  readonly #pool: Pool
  readonly #held = new Map<string, PoolClient>()

  constructor(pool: Pool) {
    this.#pool = pool
  }

  async open(): Promise<void> {
    await this.#pool.query(
      'CREATE TABLE IF NOT EXISTS pinned (key text PRIMARY KEY, payload text, flash text, about text) WITH (fillfactor = 70)',
    )
  }

  async close(): Promise<void> {
    await Promise.all([...this.#held.keys()].map((token) => this.#end(token)))
  }

  async read(): Promise<Found | undefined> {
    throw new Error('no measured request reads without the lock')
  }

  async insert(key: StoreKey, record: RecordWrite): Promise<{ readonly version: Version; readonly expiresAt: number }> {
    const about = aboutOf(record, 1)
    const values = [key, record.payload, record.flash, JSON.stringify(about)]
    await this.#pool.query({ name: 'insert', text: 'INSERT INTO pinned VALUES ($1, $2, $3, $4)', values })
    return about
  }

  async update(): Promise<UpdateResult> {
    throw new Error('no measured request writes without the lock')
  }

  async touch(): Promise<UpdateResult> {
    throw new Error('no measured request touches a session')
  }

  async destroy(): Promise<Destroyed> {
    throw new Error('no measured request destroys a session')
  }

  async gc(): Promise<number> {
    return 0
  }

  async acquire(key: StoreKey, { token }: AcquireOptions): Promise<Acquired> {
    const client = await this.#pool.connect()
    this.#held.set(token, client)
    await client.query({ name: 'begin', text: 'BEGIN' })
    await client.query({ name: 'lock', text: 'SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', values: [key] })
    const { rows } = await client.query<Row>({
      name: 'select',
      text: 'SELECT payload, flash, about FROM pinned WHERE key = $1',
      values: [key],
    })
    if (rows[0] === undefined) {
      await this.#end(token)
      return { kind: 'absent' }
    }
    const record = recordOf(rows[0])
    return { kind: 'held', lease: { key, token, version: record.version }, record, now: Date.now() }
  }

  async commit({ key, token, version }: Lease, record: RecordWrite | undefined): Promise<CommitResult> {
    const client = this.#held.get(token)
    if (client === undefined || record === undefined) throw new Error('every measured request writes under its lock')
    const about = aboutOf(record, version.counter + 1)
    const text = 'UPDATE pinned SET payload = $2, flash = $3, about = $4 WHERE key = $1'
    await client.query({ name: 'update', text, values: [key, record.payload, record.flash, JSON.stringify(about)] })
    await this.#end(token)
    return { kind: 'written', version: about.version, expiresAt: about.expiresAt, lease: undefined, readBack: false }
  }

  async replace(): Promise<CommitResult> {
    throw new Error('no measured request changes its id')
  }

  async renew(): Promise<boolean> {
    return true
  }

  async unlock({ token }: { readonly token: string }): Promise<boolean> {
    return await this.#end(token)
  }

  async #end(token: string): Promise<boolean> {
    const client = this.#held.get(token)
    this.#held.delete(token)
    await client?.query({ name: 'commit', text: 'COMMIT' })
    client?.release()
    return client !== undefined
  }
}

function aboutOf({ durations, writeToken, ...write }: RecordWrite, counter: number): About {
  const now = Date.now()
  const { handle, createdAt, authenticatedAt, regeneratedAt, userId, ipAddress, userAgent } = write
  const instant = <Instant>(at: Instant | 'now'): Instant | number => (at === 'now' ? now : at)
  return {
    handle,
    createdAt: instant(createdAt),
    authenticatedAt: instant(authenticatedAt),
    regeneratedAt: instant(regeneratedAt),
    lastActivity: now,
    expiresAt: now + durations.idleMs,
    userId,
    ipAddress,
    userAgent,
    version: { counter, writeToken },
  }
}

function recordOf({ payload, flash, about }: Row): StoredRecord {
  const metadata: About = JSON.parse(about)
  return { payload, flash, ...metadata }
}
