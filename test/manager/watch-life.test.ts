import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { keyOf } from './support/shop.ts'
import { fakeTime, noted, openWatchedShop } from './support/watching.ts'

beforeEach(fakeTime)
afterEach(() => void vi.useRealTimers())

describe('a session that is watched expires', () => {
  it('when nobody uses it: watching is no use', async () => {
    const shop = openWatchedShop({ lifetime: { idleSeconds: 100 } })
    const id = await shop.stored()
    const watching = noted((await shop.sessions.start(id, { concurrency: 'readonly' })).watch({ everySeconds: 5 }))
    await shop.pass(95)
    expect(watching.reason).toBeUndefined()
    await shop.pass(5)
    expect(watching.reason).toBe('expired')
  })

  it('later when somebody uses it', async () => {
    const shop = openWatchedShop({ lifetime: { idleSeconds: 100 } })
    const id = await shop.stored()
    const watching = noted((await shop.sessions.start(id, { concurrency: 'readonly' })).watch({ everySeconds: 5 }))
    await shop.pass(92)
    await shop.sessions.run(id, (session) => session.increment('n'))
    await shop.pass(95)
    expect(watching.reason).toBeUndefined()
    await shop.pass(10)
    expect(watching.reason).toBe('expired')
  })

  it('when it is too old, however much it is used', async () => {
    const shop = openWatchedShop({ lifetime: { idleSeconds: 100, absoluteSeconds: 150 } })
    const id = await shop.stored()
    const watching = noted((await shop.sessions.start(id, { concurrency: 'readonly' })).watch({ everySeconds: 5 }))
    for (let each = 0; each < 3; each++) {
      await shop.pass(48)
      await shop.sessions.run(id, (session) => session.increment('n'))
    }
    expect(watching.reason).toBeUndefined()
    await shop.pass(10)
    expect(watching.reason).toBe('expired')
  })

  it('by the limits of today, which are shorter than those it was stored with', async () => {
    const shop = openWatchedShop({ lifetime: { idleSeconds: 7200 } })
    const id = await shop.stored()
    const stricter = shop.another({ lifetime: { idleSeconds: 100, maxIdleSeconds: 7200 } })
    const watching = noted((await stricter.start(id, { concurrency: 'readonly' })).watch({ everySeconds: 10 }))
    await shop.pass(90)
    expect(watching.reason).toBeUndefined()
    await shop.pass(10)
    expect(watching.reason).toBe('expired')
    expect(await shop.memory.read(keyOf(id))).toBeDefined()
  })

  it('by the limits that it was stored with, where those of today are longer', async () => {
    const shop = openWatchedShop({ lifetime: { idleSeconds: 100 } })
    const id = await shop.stored()
    const longer = shop.another({ lifetime: { idleSeconds: 7200 } })
    const watching = noted((await longer.start(id, { concurrency: 'readonly' })).watch({ everySeconds: 10 }))
    await shop.pass(90)
    expect(watching.reason).toBeUndefined()
    await shop.pass(10)
    expect(watching.reason).toBe('expired')
  })

  it.each([
    ['longer', 1000],
    ['shorter', 20],
  ])('by limits of its own that it got meanwhile: %s', async (_, idleSeconds) => {
    const shop = openWatchedShop({ lifetime: { idleSeconds: 100, maxIdleSeconds: 1000 } })
    const id = await shop.stored()
    const watching = noted((await shop.sessions.start(id, { concurrency: 'readonly' })).watch({ everySeconds: 5 }))
    await shop.another().run(id, (session) => session.setLifetime({ idleSeconds }))
    await shop.pass(idleSeconds - 1)
    expect(watching.reason).toBeUndefined()
    await shop.pass(6)
    expect(watching.reason).toBe('expired')
  })

  it('as if nobody watched: the store is only read', async () => {
    const shop = openWatchedShop({ lifetime: { idleSeconds: 1000, touchEverySeconds: 0 } })
    const id = await shop.stored()
    const session = await shop.sessions.start(id, { concurrency: 'readonly' })
    const before = await shop.memory.read(keyOf(id))
    shop.driver.forget()
    void session.watch({ everySeconds: 1 })
    await shop.pass(50)
    expect(new Set(shop.driver.methods)).toEqual(new Set(['read']))
    expect(await shop.memory.read(keyOf(id))).toEqual({ ...before, now: shop.clock.now() })
  })

  it('and is told from one that was ended while it lived', async () => {
    const shop = openWatchedShop({ lifetime: { idleSeconds: 100 } })
    const [ended, expired] = [await shop.stored(), await shop.stored()]
    const watchings: ReturnType<typeof noted>[] = []
    for (const id of [ended, expired]) {
      watchings.push(noted((await shop.sessions.start(id, { concurrency: 'readonly' })).watch({ everySeconds: 70 })))
    }
    await shop.another().run(ended, (session) => session.destroy())
    await shop.pass(140)
    expect(watchings.map(({ reason }) => reason)).toEqual(['revoked', 'expired'])
  })
})
