import { describe, expect, it, vi } from 'vitest'
import type { SealedShop } from '../support/sealed-shop.ts'
import { openSealedShop } from '../support/sealed-shop.ts'
import { EncryptedSerializer } from '../../src/serializers/encrypted.ts'
import { SessionError } from '../../src/session/errors.ts'
import { keyNamesOf, rings, sealing } from '../support/sealed-rings.ts'
import { storeIsDown } from '../support/whole-spy.ts'
import { turns } from './support/idle.ts'
import { codeOf, failureOf, gate } from './support/shop.ts'

const FAST = 1_000_000

/** A store with so many sessions under the old key. */
async function stale(count: number): Promise<SealedShop & { readonly ids: string[]; readonly left: () => Promise<number> }> {
  const shop = openSealedShop()
  const { stored } = shop.processWith(sealing('old'))
  const ids: string[] = []
  for (let each = 0; each < count; each++) ids.push(await stored())
  const left = async (): Promise<number> => {
    const names = await Promise.all(ids.map(async (id) => keyNamesOf(await shop.recordOf(id))[0]))
    return names.filter((name) => name === 'v1').length
  }
  return { ...shop, ids, left }
}

describe('a reseal that is stopped', () => {
  it('before it began does nothing, and says where it would have gone on', async () => {
    const shop = await stale(3)
    const { sessions } = shop.processWith(sealing('activated'))
    const cursor = '40'
    const progress = await sessions.reseal({ signal: AbortSignal.abort(), cursor })
    expect(progress).toEqual({ examined: 0, resealed: 0, skipped: 0, unreadable: 0, isDone: false, cursor })
    expect([await shop.left(), shop.driver.rewrites]).toEqual([3, []])
  })

  it('finishes the sessions at hand, begins no other, and goes on from its cursor', async () => {
    const shop = await stale(250)
    const { sessions } = shop.processWith(sealing('activated'))
    const stop = new AbortController()
    // In the second page.
    for (let each = 0; each < 130; each++) shop.driver.beforeRewrites.push(() => undefined)
    shop.driver.beforeRewrites.push(async () => {
      stop.abort()
      await turns(3)
    })
    const progress = await sessions.reseal({ rate: FAST, signal: stop.signal })
    const done = shop.driver.rewrites.length
    expect(done).toBeGreaterThan(130)
    expect(done).toBeLessThan(140)
    expect(progress).toMatchObject({ examined: done, resealed: done })
    expect(progress.cursor).toBe(shop.driver.lists[1]?.cursor)
    expect(progress.cursor).toBeDefined()
    await turns(5)
    expect(shop.driver.rewrites.length).toBe(done)

    const rest = await sessions.reseal({ rate: FAST, cursor: progress.cursor })
    expect(rest).toMatchObject({ resealed: 250 - done, skipped: 0, cursor: undefined })
    expect(await shop.left()).toBe(0)
  })

  it('while it rests ends at once, without another page', async () => {
    const shop = await stale(100)
    const { sessions, progress } = shop.processWith(sealing('activated'))
    const stop = new AbortController()
    const resealing = sessions.reseal({ rate: 0.01, signal: stop.signal })
    // One session a page, and then a rest of 100 seconds, which nobody waits for.
    await expect.poll(() => progress.length, { timeout: 5000 }).toBe(1)
    await turns(5)
    stop.abort()
    expect(await resealing).toMatchObject({ examined: 1, resealed: 1, cursor: progress[0]?.cursor })
    expect(shop.driver.lists).toHaveLength(1)
  })

  it('in its first page does not say that it has come to the end', async () => {
    const shop = await stale(20)
    const { sessions } = shop.processWith(sealing('activated'))
    const stop = new AbortController()
    shop.driver.beforeRewrites.push(() => stop.abort())
    const { isDone } = await sessions.reseal({ signal: stop.signal })
    expect(await shop.left()).toBeGreaterThan(0)
    expect(isDone).toBe(false)
  })

  it('with one page left may be begun again at the beginning: what was done is only read', async () => {
    const shop = await stale(20)
    const { sessions } = shop.processWith(sealing('activated'))
    const stop = new AbortController()
    shop.driver.beforeRewrites.push(() => stop.abort())
    const { resealed } = await sessions.reseal({ signal: stop.signal })
    expect(await sessions.reseal()).toEqual({
      examined: 20,
      resealed: 20 - resealed,
      skipped: 0,
      unreadable: 0,
      isDone: true,
      cursor: undefined,
    })
  })
})

describe('close()', () => {
  it('stops a reseal, and closes the store when the last of its writes is done', async () => {
    const shop = await stale(50)
    const { sessions } = shop.processWith(sealing('activated'))
    const written = gate()
    shop.driver.afterRewrites.push(() => written.opened)
    const resealing = sessions.reseal()
    await turns(5)
    const before = shop.driver.rewrites.length
    const closing = sessions.close()
    await turns(10)
    expect(shop.driver.methods).not.toContain('close')
    written.open()
    const progress = await resealing
    await closing
    expect(progress.resealed).toBe(shop.driver.rewrites.length)
    expect(shop.driver.rewrites.length).toBeGreaterThanOrEqual(before)
    expect(shop.driver.methods.at(-1)).toBe('close')
    expect(await codeOf(sessions.reseal())).toBe('ERR_SESSION_DRIVER_FAILED')
  })

  it('stops a reseal that rests', async () => {
    const shop = await stale(3)
    const { sessions, progress } = shop.processWith(sealing('activated'))
    const resealing = sessions.reseal({ rate: 0.01 })
    await expect.poll(() => progress.length, { timeout: 5000 }).toBe(1)
    await sessions.close()
    expect(await resealing).toMatchObject({ examined: 1 })
    expect(shop.driver.lists).toHaveLength(1)
  })

  it('while a reseal fails closes the store when all that it began is done', async () => {
    const shop = await stale(50)
    const { sessions } = shop.processWith(sealing('activated'))
    const written = gate()
    shop.driver.beforeRewrites.push(storeIsDown)
    shop.driver.afterRewrites.push(() => written.opened)
    const failure = failureOf(sessions.reseal())
    await turns(5)
    const closing = sessions.close({ waitSeconds: 0 })
    await turns(10)
    expect(shop.driver.methods).not.toContain('close')
    written.open()
    expect(await failure).toMatchObject({ code: 'ERR_SESSION_DRIVER_FAILED' })
    await closing
  })
})

describe('a reseal whose store fails', () => {
  const failures: [string, (shop: SealedShop) => void][] = [
    ['list', ({ driver }) => driver.beforeLists.push(() => undefined, storeIsDown)],
    ['read', ({ driver }) => driver.beforeNext('read', () => driver.failNext('read'))],
    ['rewrite', ({ driver }) => driver.beforeRewrites.push(() => undefined, storeIsDown)],
    ['rewrite, when it was carried out', ({ driver }) => driver.afterRewrites.push(() => undefined, storeIsDown)],
  ]
  it.each(failures)('at %s says so, keeps what it did, and the next does the rest', async (_, fail) => {
    const shop = await stale(120)
    const { sessions, peek } = shop.processWith(sealing('activated'))
    fail(shop)
    expect(await failureOf(sessions.reseal({ rate: FAST }))).toMatchObject({ code: 'ERR_SESSION_DRIVER_FAILED', status: 503 })
    await turns(20)
    const left = await shop.left()
    expect(left).toBeGreaterThan(0)
    expect(await sessions.reseal({ rate: FAST })).toEqual({
      examined: 120,
      resealed: left,
      skipped: 0,
      unreadable: 0,
      isDone: true,
      cursor: undefined,
    })
    for (const id of shop.ids) expect(await peek(id)).toMatchObject({ n: 0 })
  })

  it('has stopped when it says so', async () => {
    const shop = await stale(80)
    const { sessions } = shop.processWith(sealing('activated'))
    shop.driver.beforeRewrites.push(() => undefined, storeIsDown)
    expect(await codeOf(sessions.reseal())).toBe('ERR_SESSION_DRIVER_FAILED')
    const asked = [shop.driver.rewrites.length, shop.driver.calls.length]
    await turns(20)
    expect([shop.driver.rewrites.length, shop.driver.calls.length]).toEqual(asked)
  })

  it('does not go through a store of which each answer fails', async () => {
    const shop = await stale(80)
    const { sessions } = shop.processWith(sealing('activated'))
    shop.driver.failNext('read', undefined, 80)
    expect(await codeOf(sessions.reseal())).toBe('ERR_SESSION_DRIVER_FAILED')
    await turns(20)
    expect(shop.driver.methods.length).toBeLessThan(10)
  })

  it('or whose keys cannot be fetched says so, and nothing is called unreadable', async () => {
    const shop = await stale(3)
    const keys = (): Promise<never> => Promise.reject(new Error('no such host'))
    const { sessions, events } = shop.processWith(new EncryptedSerializer({ keys }))
    expect(await failureOf(sessions.reseal())).toMatchObject({ code: 'ERR_SESSION_DRIVER_FAILED', status: 503 })
    expect(events).toEqual([])
    expect(shop.driver.lists).toEqual([])
    const { sessions: good } = shop.processWith(new EncryptedSerializer({ keys: async () => await Promise.resolve(rings.activated) }))
    expect(await good.reseal()).toMatchObject({ resealed: 3 })
  })

  it('or whose serializer does, in the midst of it, says so, and nothing is called unreadable', async () => {
    const shop = await stale(3)
    const serializer = sealing('activated')
    const { sessions, events } = shop.processWith(serializer)
    const cause = SessionError.driverFailed('open', 'The key service is down.')
    vi.spyOn(serializer, 'reseal').mockRejectedValueOnce(cause)
    expect(await failureOf(sessions.reseal())).toBe(cause)
    expect(events).toEqual([])
    expect(await sessions.reseal()).toMatchObject({ examined: 3, unreadable: 0 })
    expect(await shop.left()).toBe(0)
  })
})
