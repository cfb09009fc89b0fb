import { expect, it } from 'vitest'
import type {
  CommitOptions,
  CommitResult,
  Lease,
  ListOptions,
  ListPage,
  MarkerWrite,
  RecordWrite,
  StoredRecord,
  UpdateResult,
  Version,
} from '../../src/contracts/driver.ts'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import type { StoreKey } from '../../src/session/id.ts'
import { broken } from '../support/broken-memory.ts'

// Drivers that lose a part of what they are to write, or give a lease another time. See memory-mutants.test.ts.

const UPDATE = 'an update leaves all that it was handed, and no more of what was there'
const COMMIT = 'a commit leaves all that it was handed, and no more of what was there'
const REPLACE = 'a replace leaves all that it was handed, and no more of what was there'

it('sees a write that keeps what was there of a field', async () => {
  const recordIn = async (driver: MemoryDriver, key: StoreKey): Promise<StoredRecord | undefined> => {
    const found = await driver.read(key)
    return found?.kind === 'record' ? found.record : undefined
  }
  for (const field of ['createdAt', 'authenticatedAt', 'regeneratedAt', 'ipAddress', 'userAgent', 'flash'] as const) {
    class Update extends MemoryDriver {
      override async update(key: StoreKey, record: RecordWrite, version: Version): Promise<UpdateResult> {
        const old = await recordIn(this, key)
        return super.update(key, old === undefined ? record : { ...record, [field]: old[field] }, version)
      }
    }
    class Commit extends MemoryDriver {
      override async commit(lease: Lease, record: RecordWrite | undefined, options: CommitOptions): Promise<CommitResult> {
        const old = await recordIn(this, lease.key)
        return super.commit(lease, record === undefined || old === undefined ? record : { ...record, [field]: old[field] }, options)
      }
    }
    expect([field, await broken(Update)]).toEqual([field, expect.arrayContaining([UPDATE])])
    expect([field, await broken(Commit)]).toEqual([field, expect.arrayContaining([COMMIT])])
  }
})

it('sees a write that knows no absolute limit', async () => {
  const endless = (record: RecordWrite): RecordWrite => ({ ...record, durations: { ...record.durations, absoluteMs: undefined } })
  class Commit extends MemoryDriver {
    override commit(lease: Lease, record: RecordWrite | undefined, options: CommitOptions): Promise<CommitResult> {
      return super.commit(lease, record && endless(record), options)
    }
  }
  class Touching extends MemoryDriver {
    override commit(lease: Lease, record: RecordWrite | undefined, options: CommitOptions): Promise<CommitResult> {
      return super.commit(lease, record, { ...options, touch: options.touch && { ...options.touch, absoluteMs: undefined } })
    }
  }
  class Replace extends MemoryDriver {
    override replace(lease: Lease, to: StoreKey, record: RecordWrite, marker: MarkerWrite | undefined, options: CommitOptions) {
      return super.replace(lease, to, endless(record), marker, options)
    }
  }
  expect(await broken(Commit)).toContain(COMMIT)
  expect(await broken(Touching)).toContain('a commit of nothing that touches carries no session past its absolute limit')
  expect(await broken(Replace)).toEqual(expect.arrayContaining([REPLACE, 'an instant in the future counts as now in a write of any kind']))
})

it('sees a lease that has another time than it was given', async () => {
  const LONG = 3_600_000
  class Renew extends MemoryDriver {
    override renew(lease: Lease): Promise<boolean> {
      return super.renew(lease, LONG)
    }
  }
  class Replace extends MemoryDriver {
    override replace(lease: Lease, to: StoreKey, record: RecordWrite, marker: MarkerWrite | undefined, options: CommitOptions) {
      return super.replace(lease, to, record, marker, { ...options, leaseMs: LONG })
    }
  }
  expect(await broken(Renew)).toContain('a lease that was renewed has the time it was given, from then on')
  expect(await broken(Replace)).toContain('the lease of the new key has the time it was given')
})

it('sees a commit of nothing that does not let the lease go on, or touches nothing then', async () => {
  class Ending extends MemoryDriver {
    override commit(lease: Lease, record: RecordWrite | undefined, options: CommitOptions): Promise<CommitResult> {
      return super.commit(lease, record, record === undefined ? { ...options, keepLease: undefined } : options)
    }
  }
  class Untouched extends MemoryDriver {
    override commit(lease: Lease, record: RecordWrite | undefined, options: CommitOptions): Promise<CommitResult> {
      return super.commit(lease, record, options.keepLease === undefined ? options : { ...options, touch: undefined })
    }
  }
  const sees = 'a commit of nothing may let the lease go on, and touch as well'
  for (const Mutant of [Ending, Untouched]) expect(await broken(Mutant)).toContain(sees)
})

it('sees a list that shows a session as it was inserted', async () => {
  class Mutant extends MemoryDriver {
    readonly #first = new Map<StoreKey, ListPage['sessions'][number]>()

    override async list(options: ListOptions): Promise<ListPage> {
      const { sessions, cursor } = await super.list(options)
      for (const session of sessions) if (!this.#first.has(session.key)) this.#first.set(session.key, session)
      return { sessions: sessions.map((session) => this.#first.get(session.key) ?? session), cursor }
    }
  }
  expect(await broken(Mutant)).toContain('a list shows what a session has become')
})

it('sees a close that forgets the leases that went on', async () => {
  class Mutant extends MemoryDriver {
    #hasGoneOn = false

    override commit(lease: Lease, record: RecordWrite | undefined, options: CommitOptions): Promise<CommitResult> {
      this.#hasGoneOn ||= options.keepLease !== undefined
      return super.commit(lease, record, options)
    }

    override close(): Promise<void> {
      return this.#hasGoneOn ? Promise.resolve() : super.close()
    }
  }
  expect(await broken(Mutant)).toContain('close gives back leases that went on under another token, or on another key')
})

it('sees a login that escapes a revocation', async () => {
  const later = (): Promise<void> => new Promise((resolve) => setTimeout(resolve))
  class Update extends MemoryDriver {
    override async update(key: StoreKey, record: RecordWrite, version: Version): Promise<UpdateResult> {
      if (record.authenticatedAt === 'now') await later()
      return super.update(key, record, version)
    }
  }
  class Commit extends MemoryDriver {
    override async commit(lease: Lease, record: RecordWrite | undefined, options: CommitOptions): Promise<CommitResult> {
      if (record?.authenticatedAt === 'now') await later()
      return super.commit(lease, record, options)
    }
  }
  class Replace extends MemoryDriver {
    override async replace(lease: Lease, to: StoreKey, record: RecordWrite, marker: MarkerWrite | undefined, options: CommitOptions) {
      if (record.authenticatedAt === 'now') await later()
      return super.replace(lease, to, record, marker, options)
    }
  }
  const sees = 'a login that is under way is revoked however it is stored'
  for (const Mutant of [Update, Commit, Replace]) expect(await broken(Mutant)).toContain(sees)
})
