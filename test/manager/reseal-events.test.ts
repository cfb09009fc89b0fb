import { describe, expect, it } from 'vitest'
import { idAsKey } from '../../src/manager/digest.ts'
import { SessionError } from '../../src/session/errors.ts'
import { asSessionId } from '../../src/session/id.ts'
import { openSealedShop } from '../support/sealed-shop.ts'
import { sealing } from '../support/sealed-rings.ts'

describe('what a reseal tells', () => {
  it('holds no id where keys are ids', async () => {
    const shop = openSealedShop()
    const old = shop.processWith(sealing('old'), { hashIds: false })
    const foreign = shop.processWith(sealing('foreign'), { hashIds: false })
    const ids = [await foreign.stored()]
    // So many that hardly a page ends between two shelves of the table, where its cursor is no key.
    for (let each = 0; each < 2000; each++) ids.push(await old.stored())
    const { sessions, events, progress } = shop.processWith(sealing('activated'), { hashIds: false })
    shop.driver.failNext('read', SessionError.unreadable(idAsKey(asSessionId(ids[5]) ?? expect.unreachable()), 'it is torn'))
    const { examined, unreadable } = await sessions.reseal({ rate: 1_000_000 })
    expect([examined, unreadable]).toEqual([2001, 2])
    expect(progress.length).toBeGreaterThan(1)
    for (const event of [...events, ...progress]) {
      expect(event.key).toBeUndefined()
      const told = JSON.stringify({ ...event, message: 'cause' in event ? String(event.cause) : '' })
      for (const id of ids) expect(told).not.toContain(id)
    }
  })

  it('may be listened to by one that throws: that stops nothing', async () => {
    const shop = openSealedShop()
    const { stored } = shop.processWith(sealing('old'))
    for (let each = 0; each < 120; each++) await stored()
    const { sessions, progress } = shop.processWith(sealing('activated'))
    sessions.on('resealed', () => {
      throw new Error('a bad listener')
    })
    sessions.on('resealed', () => Promise.reject(new Error('a bad listener')) as never)
    expect(await sessions.reseal({ rate: 1_000_000 })).toMatchObject({ examined: 120, resealed: 120 })
    expect(progress.at(-1)).toMatchObject({ examined: 120 })
  })

  it('is told by the process that does it, and by no other', async () => {
    const shop = openSealedShop()
    await shop.processWith(sealing('old')).stored()
    const [one, other] = [shop.processWith(sealing('activated')), shop.processWith(sealing('activated'))]
    await one.sessions.reseal()
    expect([one.progress.length, other.progress.length]).toEqual([1, 0])
  })

  it('of an empty store is one event, of nothing', async () => {
    const { sessions, progress } = openSealedShop().processWith(sealing('activated'))
    const nothing = { examined: 0, resealed: 0, skipped: 0, unreadable: 0, isDone: true, cursor: undefined }
    expect(await sessions.reseal()).toEqual(nothing)
    expect(progress).toEqual([{ key: undefined, ...nothing }])
  })
})

it('a store that never answers a rewrite fails the reseal in time', async () => {
  const shop = openSealedShop()
  const id = await shop.processWith(sealing('old')).stored()
  const { sessions, peek } = shop.processWith(sealing('activated'), { lock: { waitSeconds: 0.01 } })
  shop.driver.beforeRewrites.push(() => new Promise(() => undefined))
  await expect(sessions.reseal()).rejects.toMatchObject({ code: 'ERR_SESSION_DRIVER_FAILED', status: 503 })
  expect(await sessions.reseal()).toMatchObject({ resealed: 1 })
  expect(await peek(id)).toMatchObject({ n: 0 })
})
