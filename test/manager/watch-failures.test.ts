import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { SessionError } from '../../src/session/errors.ts'
import { turns } from './support/idle.ts'
import { keyOf } from './support/shop.ts'
import { fakeTime, noted, openWatchedShop } from './support/watching.ts'
import type { Watching, WatchedShop } from './support/watching.ts'

beforeEach(fakeTime)
afterEach(() => void vi.useRealTimers())

async function watched(shop: WatchedShop, options = {}): Promise<{ readonly id: string; readonly watching: Watching }> {
  const id = await shop.stored()
  const session = await shop.sessions.start(id, { concurrency: 'readonly' })
  const watching = noted(session.watch(options))
  shop.driver.forget()
  shop.events.length = 0
  return { id, watching }
}

describe('a look at a watched session that fails', () => {
  it('is told of by an event, is no end, and is made again the next time', async () => {
    const shop = openWatchedShop()
    const { id, watching } = await watched(shop)
    const down = SessionError.driverFailed('read', 'The store is down.')
    shop.driver.failNext('read', down, 2)
    await shop.pass(30)
    expect(shop.reads()).toBe(2)
    expect(watching.reason).toBeUndefined()
    expect(shop.events).toEqual([
      expect.objectContaining({ kind: 'trouble', operation: 'watch', key: keyOf(id), cause: down }),
      expect.objectContaining({ kind: 'trouble', operation: 'watch', key: keyOf(id), cause: down }),
    ])
    await shop.another().run(id, (session) => session.destroy())
    await shop.pass(15)
    expect(watching.reason).toBe('revoked')
  })

  it('since the record cannot be read is no end either', async () => {
    const shop = openWatchedShop()
    const { id, watching } = await watched(shop)
    shop.driver.failNext('read', SessionError.unreadable(keyOf(id), 'it was damaged'), 2)
    await shop.pass(30)
    expect(watching.reason).toBeUndefined()
    expect(shop.events.map((event) => event.kind)).toEqual(['trouble', 'trouble'])
    await shop.pass(60)
    expect(watching.reason).toBeUndefined()
    expect(shop.events).toHaveLength(2)
  })

  it('by a driver that throws where it should reject is no end, and nobody is left alone with it', async () => {
    const shop = openWatchedShop()
    const { watching } = await watched(shop)
    const read = vi.spyOn(shop.memory, 'read').mockImplementation(() => {
      throw new Error('not a session error')
    })
    await shop.pass(30)
    read.mockRestore()
    expect(watching.reason).toBeUndefined()
    expect(shop.events.map((event) => event.kind)).toEqual(['trouble', 'trouble'])
    await shop.pass(60)
    expect(watching.reason).toBeUndefined()
  })

  it('until its last known end has passed makes it expired: nobody goes on who cannot know', async () => {
    const shop = openWatchedShop({ lifetime: { idleSeconds: 100 } })
    const { id, watching } = await watched(shop)
    await shop.pass(50)
    await shop.another().run(id, (session) => session.increment('n'))
    await shop.pass(20)
    shop.driver.failNext('read', undefined, 1000)
    await shop.pass(79)
    expect(watching.reason).toBeUndefined()
    await shop.pass(15)
    expect(watching.reason).toBe('expired')
    expect(vi.getTimerCount()).toBe(0)
  })

  it('until its end by the limits of today has passed makes it expired as well', async () => {
    const shop = openWatchedShop({ lifetime: { idleSeconds: 7200 } })
    const id = await shop.stored()
    const stricter = shop.another({ lifetime: { idleSeconds: 100 } })
    const watching = noted((await stricter.start(id, { concurrency: 'readonly' })).watch())
    shop.driver.failNext('read', undefined, 1000)
    await shop.pass(90)
    expect(watching.reason).toBeUndefined()
    await shop.pass(15)
    expect(watching.reason).toBe('expired')
  })

  it('is no end where somebody who watches as well has read the session later', async () => {
    const shop = openWatchedShop({ lifetime: { idleSeconds: 100 } })
    const { id, watching } = await watched(shop)
    shop.driver.failNext('read', undefined, 4)
    await shop.pass(60)
    await shop.sessions.run(id, (session) => session.increment('n'))
    const late = noted((await shop.sessions.start(id, { concurrency: 'readonly' })).watch())
    shop.driver.failNext('read', undefined, 1000)
    await shop.pass(90)
    expect([watching.reason, late.reason]).toEqual([undefined, undefined])
    await shop.pass(15)
    expect([watching.reason, late.reason]).toEqual(['expired', 'expired'])
  })

  it('is no end where somebody joins who has read the session long before', async () => {
    const shop = openWatchedShop({ lifetime: { idleSeconds: 100 } })
    const id = await shop.stored()
    const session = await shop.sessions.start(id, { concurrency: 'readonly' })
    const watching = noted(session.watch())
    await shop.pass(60)
    await shop.sessions.run(id, (other) => other.increment('n'))
    await shop.pass(30)
    const late = noted(session.watch())
    shop.driver.failNext('read', undefined, 1000)
    await shop.pass(60)
    expect([watching.reason, late.reason]).toEqual([undefined, undefined])
    await shop.pass(30)
    expect([watching.reason, late.reason]).toEqual(['expired', 'expired'])
  })

  it('because the store never answers is given up, and made again', async () => {
    const shop = openWatchedShop({ lock: { waitSeconds: 5 } })
    const { id, watching } = await watched(shop)
    shop.driver.beforeNext('read', () => new Promise(() => undefined))
    await shop.pass(15)
    expect(shop.events).toEqual([])
    await shop.pass(7)
    expect(shop.events.map((event) => event.kind)).toEqual(['trouble'])
    expect(watching.reason).toBeUndefined()
    await shop.another().run(id, (session) => session.destroy())
    await shop.pass(15)
    expect(watching.reason).toBe('revoked')
  })

  it('after all have left is nobody’s trouble, and rejects nowhere', async () => {
    const rejections: unknown[] = []
    const note = (cause: unknown): void => void rejections.push(cause)
    process.on('unhandledRejection', note)
    onTestFinished(() => void process.off('unhandledRejection', note))
    const shop = openWatchedShop()
    const leaving = new AbortController()
    const { watching } = await watched(shop, { signal: leaving.signal })
    shop.driver.beforeNext('read', async () => {
      leaving.abort()
      await turns(1)
      throw SessionError.driverFailed('read')
    })
    await shop.pass(15)
    await turns(5)
    expect(watching.reason).toBe('stopped')
    expect(shop.events).toEqual([])
    expect(rejections).toEqual([])
    await shop.pass(8)
    expect(vi.getTimerCount()).toBe(0)
  })
})
