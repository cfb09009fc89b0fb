import { describe, expect, it } from 'vitest'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { limitRaces } from '../support/user-limit-races.ts'
import { handlesOf, loggedIn, openOwnersShop } from '../support/owners-shop.ts'
import { gate, visit } from './support/shop.ts'

describe('20 logins of one user at once, in two processes', () => {
  it.each([1, 3, 10])('ASVS-7.1.2: refuse: leaves never more than %d, 120 times', async (sessions) => {
    const driver = new MemoryDriver()
    const counts = await limitRaces([driver, driver], { rounds: 120, seed: sessions, limit: { sessions, whenReached: 'refuse' } })
    expect(counts).toMatchObject({ tooMany: 0, refusedButStored: 0, storedButGone: 0 })
    expect(counts.refused).toBeGreaterThan(120)
    expect(counts.stored).toBeGreaterThan(0)
  })

  it.each([1, 3, 10])('ASVS-7.1.2: evict-oldest: leaves never more than %d, 120 times', async (sessions) => {
    const driver = new MemoryDriver()
    const counts = await limitRaces([driver, driver], { rounds: 120, seed: sessions, limit: { sessions, whenReached: 'evict-oldest' } })
    expect(counts).toMatchObject({ tooMany: 0, refused: 0, refusedButStored: 0 })
  })

  // Two that are stored in the same millisecond cannot tell which came first, and both may end.
  it.each([1, 3, 10])(
    'evict-oldest: leaves as many as %d, of logins at different times: none is ended for one that is ended for it',
    async (sessions) => {
      let now = 1_700_000_000_000
      const driver = new MemoryDriver({ clock: () => ++now })
      const counts = await limitRaces([driver, driver], { rounds: 120, seed: sessions, limit: { sessions, whenReached: 'evict-oldest' } })
      expect(counts).toMatchObject({ tooFew: 0 })
    },
  )

  it('allow: leaves all', async () => {
    const driver = new MemoryDriver()
    const counts = await limitRaces([driver, driver], { rounds: 20, seed: 1, limit: { sessions: 3, whenReached: 'allow' } })
    expect(counts).toMatchObject({ stored: 400, storedButGone: 0, refused: 0 })
  })
})

describe('two logins at the same moment, where a user may have one session', () => {
  it('evict-oldest: leaves one of them', async () => {
    const shop = openOwnersShop({ maxPerUser: { sessions: 1 } })
    const both = gate()
    // Each looks once both are stored, and sees the other.
    shop.driver.beforeLists.push(
      () => both.opened,
      () => both.open(),
    )
    const [one, other] = await Promise.all([shop.login('ada'), loggedIn(shop.another(), 'ada')])
    const left = await handlesOf(shop.sessions, 'ada')
    expect(left).toHaveLength(1)
    expect([one.handle, other.handle]).toContain(left[0])
  })

  it.each(['commit', 'replace'] as const)(
    'evict-oldest: leaves one of them also where their expiry does not tell when they were used: the absolute limit decides (by %s)',
    async (step) => {
      const shop = openOwnersShop({ maxPerUser: { sessions: 1 }, lifetime: { idleSeconds: 3600, absoluteSeconds: 3600 } })
      const known = [await shop.login(undefined), await shop.login(undefined)]
      const requests = []
      for (const { id } of known) {
        shop.clock.advance(1000)
        const open = await visit(shop.sessions, id)
        open.session.setUserId('ada')
        if (step === 'replace') await open.session.regenerate({ destroy: true })
        requests.push(open)
      }
      shop.clock.advance(1000)
      shop.driver.afterNext(step, () => shop.clock.advance(10))
      const both = gate()
      shop.driver.beforeLists.push(
        () => undefined,
        () => undefined,
        () => both.opened,
        () => both.open(),
      )
      await Promise.all(requests.map((open) => Promise.resolve(open.commit())))
      expect(await handlesOf(shop.sessions, 'ada')).toHaveLength(1)
      await shop.idle()
    },
  )

  it('refuse: leaves one of them at most, and says so to the other', async () => {
    const shop = openOwnersShop({ maxPerUser: { sessions: 1, whenReached: 'refuse' } })
    const both = gate()
    shop.driver.beforeLists.push(
      () => undefined,
      () => undefined,
      () => both.opened,
      () => both.open(),
    )
    const answers = await Promise.allSettled([shop.login('ada'), loggedIn(shop.another(), 'ada')])
    const stored = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value.handle] : []))
    expect(await handlesOf(shop.sessions, 'ada')).toEqual(stored)
    expect(stored.length).toBeLessThanOrEqual(1)
    await shop.idle()
  })
})
