import { describe, expect, it } from 'vitest'
import type { AcquireOptions, Acquired, TextsWrite, UpdateResult, Version } from '../../src/contracts/driver.ts'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import type { StoreKey } from '../../src/session/id.ts'
import { aRecord } from '../../src/testing/suite/records.ts'
import { broken } from '../support/broken-memory.ts'

const STAYS = 'rewrite: All else stays: user, instants, and the expiry above all, since nobody used the session'

describe('the driver suite', () => {
  it('sees a rewrite that is a use: one that moves the last activity, and one that moves the expiry', async () => {
    class Active extends MemoryDriver {
      override async rewrite(key: StoreKey, texts: TextsWrite, version: Version): Promise<UpdateResult> {
        const result = await super.rewrite(key, texts, version)
        if (result.kind === 'written') await this.touch(key, { idleMs: 1, absoluteMs: undefined })
        return result
      }
    }
    class Prolonging extends MemoryDriver {
      override async rewrite(key: StoreKey, texts: TextsWrite, version: Version): Promise<UpdateResult> {
        const found = await this.read(key)
        if (found?.kind !== 'record') return { kind: 'gone' }
        const { record, now } = found
        const durations = { idleMs: 1000 + record.expiresAt - now, absoluteMs: undefined }
        return this.update(key, { ...record, ...texts, durations }, version)
      }
    }
    expect(await broken(Active)).toEqual([STAYS])
    expect(await broken(Prolonging)).toEqual(expect.arrayContaining([STAYS, 'a record that was rewritten ends when it would have ended']))
  })

  it('sees a rewrite that loses a field, and one that leaves a text as it was', async () => {
    class Forgetful extends MemoryDriver {
      override async rewrite(key: StoreKey, texts: TextsWrite, version: Version): Promise<UpdateResult> {
        const found = await this.read(key)
        if (found?.kind !== 'record') return { kind: 'gone' }
        const { record, now } = found
        const durations = { idleMs: record.expiresAt - now, absoluteMs: undefined }
        return this.update(key, { ...record, ...texts, durations, userId: undefined }, version)
      }
    }
    class Half extends MemoryDriver {
      override async rewrite(key: StoreKey, texts: TextsWrite, version: Version): Promise<UpdateResult> {
        const found = await this.read(key)
        return super.rewrite(key, found?.kind === 'record' ? { ...texts, flash: found.record.flash } : texts, version)
      }
    }
    expect(await broken(Forgetful)).toContain(STAYS)
    expect(await broken(Half)).toContain('rewrite: Replaces the texts of a record at the version given, and raises the version')
  })

  it('sees a rewrite that asks for no version, and one that compares the counter only', async () => {
    class Blind extends MemoryDriver {
      override async rewrite(key: StoreKey, texts: TextsWrite, version: Version): Promise<UpdateResult> {
        const result = await super.rewrite(key, texts, version)
        const found = await this.read(key)
        return result.kind === 'conflict' && found?.kind === 'record' ? this.rewrite(key, texts, found.record.version) : result
      }
    }
    class Counting extends MemoryDriver {
      override async rewrite(key: StoreKey, texts: TextsWrite, version: Version): Promise<UpdateResult> {
        const found = await this.read(key)
        const isSame = found?.kind === 'record' && found.record.version.counter === version.counter
        return super.rewrite(key, texts, isSame ? found.record.version : version)
      }
    }
    const conflict = 'rewrite at another version is a conflict and changes nothing: another counter, or another write of that counter'
    expect(await broken(Blind)).toEqual(
      expect.arrayContaining([
        conflict,
        'of 20 rewrites from one version exactly one is written',
        'what was read before a rewrite is not written over it',
        'rewrite: A copy that somebody else sends again is refused by the version',
      ]),
    )
    expect(await broken(Counting)).toEqual([conflict])
  })

  it('sees a rewrite that leaves the version as it was, or keeps its token', async () => {
    class Same extends MemoryDriver {
      override async rewrite(key: StoreKey, texts: TextsWrite, version: Version): Promise<UpdateResult> {
        return super.rewrite(key, { ...texts, writeToken: version.writeToken }, version)
      }
    }
    expect(await broken(Same)).toContain('rewrite: Replaces the texts of a record at the version given, and raises the version')
  })

  it("sees a rewrite that does not mind another's lease, and one that minds a lease that has ended", async () => {
    class Rude extends MemoryDriver {
      override async rewrite(key: StoreKey, texts: TextsWrite, version: Version): Promise<UpdateResult> {
        if ((await super.rewrite(key, texts, version)).kind === 'busy') await this.close()
        return super.rewrite(key, texts, version)
      }
    }
    class Shy extends MemoryDriver {
      readonly #asked = new Set<StoreKey>()
      override acquire(key: StoreKey, options: AcquireOptions): Promise<Acquired> {
        this.#asked.add(key)
        return super.acquire(key, options)
      }
      override unlock(lease: { readonly key: StoreKey; readonly token: string }): Promise<boolean> {
        this.#asked.delete(lease.key)
        return super.unlock(lease)
      }
      override async rewrite(key: StoreKey, texts: TextsWrite, version: Version): Promise<UpdateResult> {
        return this.#asked.has(key) ? { kind: 'busy' } : super.rewrite(key, texts, version)
      }
    }
    expect(await broken(Rude)).toContain("rewrite: Under another's live lease it is `busy`")
    expect(await broken(Shy)).toContain('a rewrite goes through once a lease has ended')
  })

  it('sees a rewrite that inserts, and one that does not mind a marker', async () => {
    class Inserting extends MemoryDriver {
      override async rewrite(key: StoreKey, texts: TextsWrite, version: Version): Promise<UpdateResult> {
        const result = await super.rewrite(key, texts, version)
        if (result.kind === 'gone') await this.insert(key, aRecord(texts))
        return result
      }
    }
    class Careless extends MemoryDriver {
      override async rewrite(key: StoreKey, texts: TextsWrite, version: Version): Promise<UpdateResult> {
        const found = await this.read(key)
        if (found?.kind !== 'marker') return super.rewrite(key, texts, version)
        return { kind: 'written', version: { counter: version.counter + 1, writeToken: texts.writeToken }, expiresAt: found.now + 1000 }
      }
    }
    expect(await broken(Inserting)).toEqual(
      expect.arrayContaining(['rewrite: It never inserts', 'rewrite: A copy that somebody else sends again is refused by the version']),
    )
    expect(await broken(Careless)).toEqual(['rewrite on a marker is gone, and the marker stays'])
  })
})
