import { describe, expect, it, vi } from 'vitest'
import type { Session } from '../../src/session/session.ts'
import { timePasses } from '../support/both-clocks.ts'
import { asked, recordUnder, visited } from '../support/visits.ts'
import { openShop, visit } from './support/shop.ts'

const HOUR = 3_600_000
const isFresh = (session: Session): boolean => session.isFresh({ withinSeconds: 900 })
const login = (session: Session): void => {
  session.setUserId('ada')
  session.markAuthenticated()
}

describe('freshness is the store’s to say', () => {
  it.each([0, 1, Number.MAX_SAFE_INTEGER, Number.NaN])('a process whose own clock says %d has no say in it', async (wrong) => {
    const shop = openShop()
    const sessions = shop.another({ clock: () => wrong })
    const { sent = '' } = await visited(sessions, [], login)
    expect(await recordUnder(shop.memory, sent)).toMatchObject({ authenticatedAt: shop.clock.now(), createdAt: shop.clock.now() })
    shop.clock.advance(840_000)
    expect(await asked(sessions, sent, isFresh)).toBe(true)
    shop.clock.advance(61_000)
    expect(await asked(sessions, sent, isFresh)).toBe(false)
  })

  it.each(['1999-01-01', '2099-01-01'])('nor one on a machine where it is %s', async (date) => {
    const { sessions, clock, memory } = openShop()
    vi.useFakeTimers({ toFake: ['Date'], now: new Date(date) })
    try {
      const { sent = '' } = await visited(sessions, [], login)
      expect(await recordUnder(memory, sent)).toMatchObject({ authenticatedAt: clock.now() })
      vi.setSystemTime(new Date('2050-01-01'))
      expect(await asked(sessions, sent, isFresh)).toBe(true)
      clock.advance(901_000)
      vi.setSystemTime(new Date(date))
      expect(await asked(sessions, sent, isFresh)).toBe(false)
    } finally {
      vi.useRealTimers()
    }
  })

  it('and says the same where the absolute limit comes before the idle one', async () => {
    const { sessions, clock } = openShop({ lifetime: { absoluteSeconds: 1000 } })
    const { sent = '' } = await visited(sessions, [], login)
    clock.advance(895_000)
    const open = await visit(sessions, sent)
    expect(isFresh(open.session)).toBe(true)
    timePasses(clock, 8000)
    expect(isFresh(open.session)).toBe(false)
    open.session.set('n', 1)
    await open.session.save()
    expect(isFresh(open.session)).toBe(false)
    await open.commit()
  })

  it('and nobody is fresh for longer because its clock was an hour ahead when they logged in', async () => {
    const { sessions, clock } = openShop()
    const { sent = '' } = await visited(sessions, [], login)
    clock.advance(-HOUR)
    await visited(sessions, sent, () => undefined)
    clock.advance(901_000)
    expect(await asked(sessions, sent, isFresh)).toBe(false)
  })

  it('and a login that is stored after its clock was set back is fresh, and stays so for as long as every other', async () => {
    const { sessions, clock } = openShop()
    const { sent = '' } = await visited(sessions, [], login)
    clock.advance(-HOUR)
    await visited(sessions, sent, (session) => session.markAuthenticated())
    clock.advance(840_000)
    expect(await asked(sessions, sent, isFresh)).toBe(true)
    clock.advance(61_000)
    expect(await asked(sessions, sent, isFresh)).toBe(false)
  })

  it('and when its clock is set forwards, the user is asked again and stays logged in', async () => {
    const { sessions, clock } = openShop()
    const { sent = '' } = await visited(sessions, [], login)
    clock.advance(HOUR)
    expect(await asked(sessions, sent, (session) => [isFresh(session), session.userId])).toEqual([false, 'ada'])
  })
})
