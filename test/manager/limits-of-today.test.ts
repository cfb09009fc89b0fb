import { describe, expect, it } from 'vitest'
import { openShop } from './support/shop.ts'

describe('limits that were made shorter', () => {
  it.each([
    ['idle', { lifetime: { idleSeconds: 600 } }, 600],
    ['absolute', { lifetime: { absoluteSeconds: 600 } }, 600],
  ])('count for sessions that were stored before: %s', async (_, options, seconds) => {
    const shop = openShop()
    const id = await shop.stored()
    const stricter = shop.another(options)
    shop.clock.advance(seconds * 1000 - 1)
    expect((await shop.another(options).start(id, { concurrency: 'readonly' })).isNew).toBe(false)
    shop.clock.advance(1)
    for (const concurrency of ['readonly', 'exclusive'] as const) {
      const session = await stricter.start(id, { concurrency })
      expect([session.isNew, session.get('n')]).toEqual([true, undefined])
      await session.release()
    }
    await shop.idle()
  })

  it('that were made longer count from the next use on', async () => {
    const shop = openShop({ lifetime: { idleSeconds: 600 } })
    const id = await shop.stored()
    const longer = shop.another({ lifetime: { idleSeconds: 1200 } })
    shop.clock.advance(500_000)
    await longer.run(id, (session) => session.increment('n'))
    shop.clock.advance(1_100_000)
    expect(await longer.run(id, (session) => session.get('n'))).toBe(1)
    await shop.idle()
  })
})
