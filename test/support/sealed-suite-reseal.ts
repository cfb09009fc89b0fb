import { expect, it } from 'vitest'
import type { StoredRecord } from '../../src/contracts/driver.ts'
import type { ResealProgress } from '../../src/contracts/events.ts'
import { keyOf } from '../manager/support/shop.ts'
import { contentsOf, fillStore, whole } from './sealed-world.ts'
import type { Deployed, World } from './sealed-world.ts'
import { keyNamesOf, sealing } from './sealed-rings.ts'

const NEW = ['v2', 'v2']
const LEASE = { token: 'a'.repeat(32), leaseMs: 60_000 }

/** Counting keys and sealing anew, on one kind of store. */
export function resealTests(world: () => Promise<World>): void {
  it('keyUsage counts sessions by the keys that they need, known or not, and those that are not sealed', async () => {
    const { deploy, driver } = await world()
    const { sessions } = await deploy(sealing('activated'))
    expect(await sessions.keyUsage()).toEqual({ examined: 0, byKey: new Map(), unsealed: 0, unreadable: 0 })
    await fillStore((await deploy()).sessions, 2)
    await fillStore((await deploy(sealing('old'))).sessions, 3)
    await fillStore((await deploy(sealing('foreign'))).sessions, 1)
    const ids = await fillStore(sessions, 4)
    const byKey = new Map([
      ['v1', 3],
      ['v2', 4],
      ['x1', 1],
    ])
    expect(await sessions.keyUsage()).toEqual({ examined: 10, byKey, unsealed: 2, unreadable: 0 })
    // The one who counts needs none of the keys.
    expect(await (await deploy(sealing('wrong'))).sessions.keyUsage()).toEqual({ examined: 10, byKey, unsealed: 2, unreadable: 0 })
    // A lease is in nobody's way, and what has ended is not counted.
    await driver.acquire(keyOf(ids[0] ?? ''), LEASE)
    await driver.destroy(keyOf(ids[1] ?? ''))
    byKey.set('v2', 3)
    expect(await sessions.keyUsage()).toEqual({ examined: 9, byKey, unsealed: 2, unreadable: 0 })
  })

  it('reseal seals all sessions anew, and nobody lives longer by it', async () => {
    const { deploy, recordOf } = await world()
    const ids = [
      ...(await fillStore((await deploy()).sessions, 2)),
      ...(await fillStore((await deploy(sealing('old'))).sessions, 3)),
      ...(await fillStore((await deploy(sealing('activated'))).sessions, 2)),
    ]
    const before = await Promise.all(ids.map(recordOf))
    await new Promise((resolve) => setTimeout(resolve, 20))
    const now = await deploy(sealing('activated', { acceptPlaintext: true }))
    expect(await now.sessions.reseal()).toEqual({ examined: 7, resealed: 5, skipped: 0, unreadable: 0, isDone: true, cursor: undefined })
    const after = await Promise.all(ids.map(recordOf))
    expect(after.map((record) => beside(record))).toEqual(before.map((record) => beside(record)))
    for (const record of after) expect(keyNamesOf(record)).toEqual(NEW)
    expect(after.slice(5)).toEqual(before.slice(5))
    // The sessions go on, also where nothing but the new key is known.
    const retired = await deploy(sealing('retired'))
    expect(await contentsOf(retired.sessions, ids)).toEqual([...whole(2), ...whole(3), ...whole(2)])
    expect(await retired.sessions.keyUsage()).toMatchObject({ examined: 7, byKey: new Map([['v2', 7]]), unsealed: 0 })
    expect(await now.sessions.reseal()).toEqual({ examined: 7, resealed: 0, skipped: 0, unreadable: 0, isDone: true, cursor: undefined })
    expect(await Promise.all(ids.map(recordOf))).toEqual(after)
    expect(now.troubles).toEqual([])
  })

  it('reseal goes through more sessions than one page has, in any number of stretches', async () => {
    const { deploy, recordOf } = await world()
    const ids = await fillStore((await deploy(sealing('old'))).sessions, 25)
    const { sessions } = await deploy(sealing('activated'))
    const done: ResealProgress[] = []
    let cursor: string | undefined
    let isDone = false
    do {
      const stop = new AbortController()
      const off = sessions.on('resealed', () => stop.abort())
      const progress = await sessions.reseal({ rate: 20, signal: stop.signal, cursor })
      off()
      done.push(progress)
      ;({ cursor, isDone } = progress)
    } while (!isDone)
    expect(done.length).toBeGreaterThan(1)
    expect(sumOf(done, 'resealed')).toBe(25)
    for (const id of ids) expect(keyNamesOf(await recordOf(id))).toEqual(NEW)
    expect(await contentsOf(sessions, ids)).toEqual(whole(25))
  })

  it('reseal leaves out what a request holds, and the request seals it anew itself', async () => {
    const { deploy, recordOf } = await world()
    const ids = await fillStore((await deploy(sealing('old'))).sessions, 3)
    const [held = ''] = ids
    const now = await deploy(sealing('activated'))
    const elsewhere = await deploy(sealing('added'))
    for (const { sessions } of [now, elsewhere]) {
      const before = await recordOf(held)
      const session = await sessions.start(held)
      session.increment('n')
      session.reflash()
      const { skipped } = await now.sessions.reseal()
      expect(skipped).toBe(1)
      expect(await recordOf(held)).toEqual(before)
      await session.save()
      if (sessions === now.sessions) {
        expect(keyNamesOf(await recordOf(held))).toEqual(NEW)
        // Put back under the old key for the second round.
        await elsewhere.sessions.run(held, (again) => {
          again.increment('n')
          again.reflash()
        })
      }
    }
    expect(await now.sessions.reseal()).toMatchObject({ examined: 3, resealed: 1, skipped: 0 })
    for (const id of ids) expect(keyNamesOf(await recordOf(id))).toEqual(NEW)
    expect(await now.sessions.run(held, (session) => session.get('n'))).toBe(3)
  })

  it('reseal leaves what does not open byte for byte, tells why, and seals the others', async () => {
    const { deploy, bytesOf } = await world()
    const strangers = [
      ...(await fillStore((await deploy()).sessions, 1)),
      ...(await fillStore((await deploy(sealing('foreign'))).sessions, 2)),
    ]
    const ids = await fillStore((await deploy(sealing('old'))).sessions, 2)
    const before = await bytesOf(strangers)
    const now = await deploy(sealing('activated'))
    expect(await now.sessions.reseal()).toEqual({ examined: 5, resealed: 2, skipped: 0, unreadable: 3, isDone: true, cursor: undefined })
    expect(await bytesOf(strangers)).toEqual(before)
    const told = now.troubles.map(({ operation, key, detail }) => [operation, key, detail])
    const [plain = '', ...foreign] = strangers
    const expected = [['reseal', keyOf(plain), 'not-sealed'], ...foreign.map((id) => ['reseal', keyOf(id), 'unknown-key'])]
    expect(told).toHaveLength(3)
    expect(new Set(told.map(String))).toEqual(new Set(expected.map(String)))
    expect(await contentsOf((await deploy(sealing('retired'))).sessions, ids)).toEqual(whole(2))
    expect(await contentsOf((await deploy(sealing('foreign'))).sessions, foreign)).toEqual(whole(2))
  })

  it('reseal touches no marker of a changed id, and does not bring back what was ended', async () => {
    const { deploy, driver, recordOf } = await world()
    const old = await deploy(sealing('old'))
    const ids = await fillStore(old.sessions, 3)
    const [moved = '', loggedIn = '', ended = ''] = ids
    const change = async (id: string, destroy: boolean): Promise<string> =>
      await old.sessions.run(id, async (session) => {
        session.reflash()
        await session.regenerate({ destroy })
        return session.id
      })
    const next = [await change(moved, false), await change(loggedIn, true)]
    await driver.destroy(keyOf(ended))
    const markers = async (): Promise<unknown> => {
      const found = await Promise.all([moved, loggedIn].map((id) => driver.read(keyOf(id))))
      return found.map((one) => (one?.kind === 'marker' ? one.marker : undefined))
    }
    const before = await markers()
    expect(before).toEqual([expect.objectContaining({ reason: 'rotation' }), expect.objectContaining({ reason: 'login' })])
    const now = await deploy(sealing('activated'))
    expect(await now.sessions.reseal()).toEqual({ examined: 2, resealed: 2, skipped: 0, unreadable: 0, isDone: true, cursor: undefined })
    expect(await markers()).toEqual(before)
    expect(await recordOf(ended)).toBeUndefined()
    expect(await contentsOf(now.sessions, next)).toEqual(whole(2))
    expect(await now.sessions.run(moved, (session) => session.id)).toBe(next[0])
  })

  it('two servers that reseal at once, and requests of others meanwhile, lose nothing', { timeout: 120_000 }, async () => {
    const { deploy, recordOf } = await world()
    const ids = await fillStore((await deploy(sealing('old'))).sessions, 6)
    const resealers = [await deploy(sealing('activated')), await deploy(sealing('activated'))]
    const users = [await deploy(sealing('activated')), await deploy(sealing('added'))]
    const raise = async ({ sessions }: Deployed): Promise<void> => {
      for (let round = 0; round < 3; round++) {
        for (const id of ids) {
          await sessions.run(id, (session) => {
            session.increment('n')
            session.reflash()
          })
        }
      }
    }
    const resealing = resealers.map(async ({ sessions }) => {
      for (let round = 0; round < 6; round++) await sessions.reseal()
    })
    await Promise.all([...users.map(raise), ...resealing])
    for (const { sessions } of resealers) await sessions.reseal()
    for (const id of ids) expect(keyNamesOf(await recordOf(id))).toEqual(NEW)
    const retired = await deploy(sealing('retired'))
    expect(await contentsOf(retired.sessions, ids)).toEqual(whole(6))
    for (const id of ids) expect(await retired.sessions.run(id, (session) => session.get('n'))).toBe(6)
  })
}

/** What a store has of a session beside its contents. */
function beside(record: StoredRecord | undefined): unknown {
  return { ...record, payload: '', flash: '', version: undefined }
}

function sumOf(done: readonly ResealProgress[], field: 'resealed' | 'examined'): number {
  return done.reduce((sum, progress) => sum + progress[field], 0)
}
