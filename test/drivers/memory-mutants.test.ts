import { describe, expect, it } from 'vitest'
import type {
  AcquireOptions,
  Acquired,
  CommitOptions,
  CommitResult,
  Destroyed,
  Durations,
  Found,
  Lease,
  ListOptions,
  ListPage,
  MarkerWrite,
  RecordWrite,
  UpdateResult,
  Version,
} from '../../src/contracts/driver.ts'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import type { StoreKey } from '../../src/session/id.ts'
import { driverSuite } from '../../src/testing/index.ts'
import { newKey, newToken } from '../../src/testing/suite/records.ts'
import { LIMITS, broken } from '../support/broken-memory.ts'

// Drivers with one fault each: the suite must see it, or a sentence of the contract is not really tested.

describe('the driver suite', () => {
  it('finds nothing in a driver that is right', async () => {
    expect(await broken(MemoryDriver)).toEqual([])
  })

  it('sees an insert that overwrites', async () => {
    class Mutant extends MemoryDriver {
      override async insert(key: StoreKey, record: RecordWrite) {
        await this.destroy(key)
        return super.insert(key, record)
      }
    }
    expect(await broken(Mutant)).toContain('insert: Answers `undefined`, and changes nothing, when the key is taken')
  })

  it('sees an insert that does not mind a marker', async () => {
    class Mutant extends MemoryDriver {
      override async insert(key: StoreKey, record: RecordWrite) {
        const found = await this.read(key)
        if (found?.kind !== 'marker') return super.insert(key, record)
        return { version: { counter: 1, writeToken: record.writeToken }, expiresAt: found.now + record.durations.idleMs }
      }
    }
    expect(await broken(Mutant)).toContain('insert: A marker takes its key')
  })

  it('sees an insert that looks first and writes then', async () => {
    class Mutant extends MemoryDriver {
      override async insert(key: StoreKey, record: RecordWrite) {
        if ((await this.read(key)) !== undefined) return undefined
        const [, inserted] = await Promise.all([this.destroy(key), super.insert(key, record)])
        return inserted
      }
    }
    expect(await broken(Mutant)).toContain('of 50 inserts of one key at the same time exactly one wins')
  })

  it('sees an update that inserts', async () => {
    class Mutant extends MemoryDriver {
      override async update(key: StoreKey, record: RecordWrite, version: Version): Promise<UpdateResult> {
        const result = await super.update(key, record, version)
        if (result.kind === 'gone') await this.insert(key, record)
        return result
      }
    }
    expect(await broken(Mutant)).toEqual(
      expect.arrayContaining([
        'update: It never inserts, and each write raises the version',
        'a destroyed session does not come back by a late update or touch',
      ]),
    )
  })

  it('sees an update that compares the counter only', async () => {
    class Mutant extends MemoryDriver {
      override async update(key: StoreKey, record: RecordWrite, version: Version): Promise<UpdateResult> {
        const found = await this.read(key)
        const isSame = found?.kind === 'record' && found.record.version.counter === version.counter
        return super.update(key, record, isSame ? found.record.version : version)
      }
    }
    expect(await broken(Mutant)).toContain(
      'update at another version is a conflict and changes nothing: another counter, or another write of that counter',
    )
  })

  it('sees a touch that shortens', async () => {
    class Mutant extends MemoryDriver {
      override async touch(key: StoreKey, durations: Durations, version?: Version): Promise<UpdateResult> {
        const result = await super.touch(key, durations, version)
        return result.kind === 'written' ? { ...result, expiresAt: result.expiresAt - 1 } : result
      }
    }
    expect(await broken(Mutant)).toContain('touch: The expiry moves later only')
  })

  it('sees a destroy that hides what was there', async () => {
    class Mutant extends MemoryDriver {
      override async destroy(key: StoreKey): Promise<Destroyed> {
        const destroyed = await super.destroy(key)
        return destroyed.kind === 'marker' ? { kind: 'record' } : destroyed
      }
    }
    expect(await broken(Mutant)).toContain(
      'destroy: The marker of a rotation stays: it leads to what is to end as well, and whoever ends that may have to come back',
    )
  })

  it('sees a collection that removes nothing, and one that does it all in one turn', async () => {
    class Lazy extends MemoryDriver {
      override gc(): Promise<number> {
        return Promise.resolve(0)
      }
    }
    class Rude extends MemoryDriver {
      override gc(): Promise<number> {
        return super.gc({ batchSize: 1_000_000 })
      }
    }
    expect(await broken(Lazy)).toContain('gc: Answers how many')
    expect(await broken(Rude)).toEqual(
      expect.arrayContaining([
        'gc: Removes expired records and markers in batches that stall nobody',
        'an aborted collection stops after a batch',
      ]),
    )
  })

  it('sees a lease that two hold', async () => {
    class Mutant extends MemoryDriver {
      override async acquire(key: StoreKey, options: AcquireOptions): Promise<Acquired> {
        const found = await this.read(key)
        const acquired = await super.acquire(key, options)
        if (acquired.kind !== 'busy' || found?.kind !== 'record') return acquired
        return { kind: 'held', lease: { key, token: options.token, version: found.record.version }, record: found.record, now: found.now }
      }
    }
    expect(await broken(Mutant)).toEqual(
      expect.arrayContaining([
        'LockingDriver: Keeps one lease a record, beside it',
        "acquire: It does not wait: while another's lease lives, the answer is `busy`",
      ]),
    )
  })

  it('sees a commit without its conditions', async () => {
    class Mutant extends MemoryDriver {
      override async commit(lease: Lease, record: RecordWrite | undefined, options: CommitOptions): Promise<CommitResult> {
        const found = await this.read(lease.key)
        if (found?.kind !== 'record') return { kind: 'gone' }
        const token = newToken()
        const acquired = await this.acquire(lease.key, { token, leaseMs: 1000 })
        const { version } = found.record
        return super.commit(acquired.kind === 'held' ? acquired.lease : { ...lease, version }, record, options)
      }
    }
    expect(await broken(Mutant)).toEqual(
      expect.arrayContaining([
        'commit: Refused unless the lease is held and the record is at the version read',
        'a holder that was paused does not write over the next one',
      ]),
    )
  })

  it('sees a lease that goes on under its old token', async () => {
    class Mutant extends MemoryDriver {
      override commit(lease: Lease, record: RecordWrite | undefined, options: CommitOptions): Promise<CommitResult> {
        return super.commit(lease, record, options.keepLease === undefined ? options : { ...options, keepLease: lease.token })
      }
    }
    expect(await broken(Mutant)).toContain('commit: With `keepLease` the lease goes on under the new token and the old token holds nothing')
  })

  it('sees an unlock that gives back what another holds', async () => {
    class Mutant extends MemoryDriver {
      override async unlock({ key, token }: { readonly key: StoreKey; readonly token: string }): Promise<boolean> {
        const own = await super.unlock({ key, token })
        if (!own) await super.close()
        return own
      }
    }
    expect(await broken(Mutant)).toContain("unlock: `false` when it was not held any more: another's lease is never touched")
  })

  it('sees a replace that removes the old record first', async () => {
    class Mutant extends MemoryDriver {
      override async replace(lease: Lease, key: StoreKey, record: RecordWrite, marker: MarkerWrite | undefined, options: CommitOptions) {
        const aside = newKey()
        const moved = await super.replace(lease, aside, record, marker, { leaseMs: 1000, keepLease: newToken() })
        if (moved.kind !== 'written' || moved.lease === undefined) return moved
        await Promise.resolve()
        return super.replace(moved.lease, key, record, undefined, options)
      }
    }
    expect(await broken(Mutant)).toContain('replace: A crash in between leaves the old record whole')
  })

  it('sees a replace that leaves its new record behind', async () => {
    class Mutant extends MemoryDriver {
      override async replace(lease: Lease, key: StoreKey, record: RecordWrite, marker: MarkerWrite | undefined, options: CommitOptions) {
        const result = await super.replace(lease, key, record, marker, options)
        if (result.kind === 'gone') await this.insert(key, record)
        return result
      }
    }
    expect(await broken(Mutant)).toContain('replace: When the old record is gone or another has written it, the new record is destroyed')
  })

  it('sees a read that hides markers', async () => {
    class Mutant extends MemoryDriver {
      override async read(key: StoreKey): Promise<Found | undefined> {
        const found = await super.read(key)
        return found?.kind === 'marker' ? undefined : found
      }
    }
    expect(await broken(Mutant)).toContain('a marker is read with its reason, its salt and the time it was put there')
  })

  it('sees a list that stops after its first page', async () => {
    class Mutant extends MemoryDriver {
      override async list(options?: ListOptions): Promise<ListPage> {
        return { ...(await super.list(options)), cursor: undefined }
      }
    }
    expect(await broken(Mutant)).toEqual(
      expect.arrayContaining([
        'list: Lists live sessions page by page, without payloads and without markers',
        'list: A page may be short; the cursor says whether more follow',
      ]),
    )
  })

  it('sees a revocation that ends the session that was to stay', async () => {
    class Mutant extends MemoryDriver {
      override revokeUser(userId: string): Promise<number> {
        return super.revokeUser(userId)
      }
    }
    expect(await broken(Mutant)).toContain('revokeUser: The session with the handle `exceptHandle` stays')
  })

  it('sees leases that outlive close', async () => {
    class Mutant extends MemoryDriver {
      override close(): Promise<void> {
        return Promise.resolve()
      }
    }
    expect(await broken(Mutant)).toContain('close: Gives back what the driver holds, its leases included')
  })

  it('wants a limit for what it cannot test, and no limit for what it can', () => {
    const create = (): MemoryDriver => new MemoryDriver()
    const register = (): void => undefined
    expect(() => driverSuite(register, { create, limits: { ...LIMITS, neverFails: '' } })).toThrow(/'breakStore'/)
    expect(() => driverSuite(register, { create, limits: LIMITS, breakStore: () => () => undefined })).toThrow(/'breakStore'/)
    // With `second` misspelt, one driver would stand for all processes.
    const misspelt = { create, limits: LIMITS, secnd: create }
    expect(() => driverSuite(register, misspelt)).toThrow("'secnd': is not known. Did you mean 'second'?")
    const unlimited = { ...LIMITS, leaseNeverEnd: 'kernel' }
    expect(() => driverSuite(register, { create, limits: unlimited })).toThrow("'limits.leaseNeverEnd': is not known")
  })

  it('does not register what is declared impossible, or what a driver does not have', () => {
    const namesOf = (limits: object, rewriting = true): string[] => {
      const names: string[] = []
      driverSuite((name) => names.push(name), { create: () => new MemoryDriver(), rewriting, limits: { ...LIMITS, ...limits } })
      return names
    }
    const ends = 'a lease that is not renewed ends, and nothing of its holder is let in afterwards'
    expect(namesOf({})).toContain(ends)
    expect(namesOf({ leaseNeverEnds: 'a kernel lock has no time-out' })).not.toContain(ends)
    expect(namesOf({}).filter((name) => name.includes('rewrit'))).not.toEqual([])
    expect(namesOf({}, false).filter((name) => name.includes('rewrit'))).toEqual([])
  })
})
