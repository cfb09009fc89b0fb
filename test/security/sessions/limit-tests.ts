import { expect, it } from 'vitest'
import type { LifetimeOptions } from '../../../src/manager/options.ts'
import type { Session } from '../../../src/session/session.ts'
import type { MovedStore } from '../../support/moved-stores.ts'
import { asked, nextId, recordUnder, visited } from '../../support/visits.ts'
import { refusalOf } from '../../support/config-refusal.ts'
import { openShop } from '../../manager/support/shop.ts'
import { NOTHING, loginOf, openSessionWorld, seenBy, userAt } from '../support/session-world.ts'
import type { SessionWorld } from '../support/session-world.ts'

const IDLE_MS = 600_000
const ABSOLUTE_MS = 1_800_000
const LIMITS: LifetimeOptions = { idleSeconds: 600, absoluteSeconds: 1800, touchEverySeconds: 0 }
const HOUR_MS = 3_600_000

const nothing = (): void => undefined

/** When sessions end by themselves. */
export function limitTests(open: () => Promise<MovedStore>): void {
  const world = (lifetime: LifetimeOptions = LIMITS): Promise<SessionWorld> => openSessionWorld(open, { lifetime })

  /** That a session lives until these limits, and not at them. */
  async function expectLimits(lifetime: LifetimeOptions, idleMs: number, absoluteMs: number): Promise<void> {
    const { sessions, clock } = await world({ ...lifetime, touchEverySeconds: 0 })
    const userAfter = async (id: string, ms: number): Promise<string | undefined> => {
      clock.advance(ms)
      return (await visited(sessions, id, ({ userId }) => userId)).result
    }
    const idle = await loginOf(sessions)
    expect([await userAfter(idle, idleMs - 1), await userAfter(idle, idleMs)]).toEqual(['ada', undefined])
    const used = await loginOf(sessions)
    const often = Math.min(idleMs - 1, absoluteMs / 2)
    let left = absoluteMs
    for (; left > often; left -= often) expect(await userAfter(used, often)).toBe('ada')
    expect([await userAfter(used, left - 1), await userAfter(used, 1)]).toEqual(['ada', undefined])
  }

  it('ASVS-7.3.1 a request before the end of the idle time works, and one at it is refused, without any collection', async () => {
    const { sessions, clock, driver } = await world()
    const id = await loginOf(sessions)
    for (let uses = 0; uses < 2; uses++) {
      clock.advance(IDLE_MS - 1)
      expect((await visited(sessions, id, ({ userId }) => userId)).result).toBe('ada')
    }
    clock.advance(IDLE_MS)
    expect(await seenBy(sessions, id)).toEqual(NOTHING)
    expect(driver.methods).not.toContain('gc')
  })

  it.each([
    ['use', nothing],
    ['change', (session: Session) => session.set('at', Math.random())],
    ['new id', (session: Session) => session.regenerate()],
    ['new id that ends the old one', (session: Session) => session.regenerate({ destroy: true })],
  ])('ASVS-7.3.2 no %s carries a session past its absolute limit, whoever it belongs to', async (_, use) => {
    const { sessions, clock } = await world()
    let ids = [await loginOf(sessions), await nextId(sessions, '', (session) => session.set('cart', 1))]
    for (let passed = 0; passed < ABSOLUTE_MS; passed += 300_000) {
      const next: string[] = []
      for (const id of ids) {
        expect(await asked(sessions, id, ({ isNew }) => isNew)).toBe(false)
        next.push(await nextId(sessions, id, use))
      }
      ids = next
      clock.advance(300_000)
    }
    for (const id of ids) expect(await seenBy(sessions, id)).toEqual(NOTHING)
  })

  it('ASVS-7.3.2 limits that were made shorter count for sessions from before, which the store would still have', async () => {
    const { sessions, another, clock, driver } = await world()
    const id = await loginOf(sessions)
    clock.advance(500_000)
    await visited(sessions, id, nothing)
    expect(await userAt(another({ lifetime: { ...LIMITS, absoluteSeconds: 500.001 } }), id)).toBe('ada')
    expect(await seenBy(another({ lifetime: { ...LIMITS, absoluteSeconds: 500 } }), id)).toEqual(NOTHING)
    expect(await recordUnder(driver, id)).toBeDefined()
    expect(await userAt(sessions, id)).toBe('ada')
  })

  it('ASVS-7.3.2 no session can ask for more than the limits, and one that asks for less ends then', async () => {
    const { sessions, clock } = await world()
    const id = await loginOf(sessions)
    await visited(sessions, id, (session) => {
      for (const longer of [{ absoluteSeconds: 1801 }, { idleSeconds: 601 }, { absoluteSeconds: Infinity }]) {
        expect(() => session.setLifetime(longer)).toThrow(expect.objectContaining({ code: 'ERR_SESSION_INVALID_ARGUMENT' }))
      }
      session.setLifetime({ absoluteSeconds: 900 })
    })
    clock.advance(599_999)
    expect(await userAt(sessions, id)).toBe('ada')
    clock.advance(300_001)
    expect(await seenBy(sessions, id)).toEqual(NOTHING)
  })

  it('NIST-5.2 either limit ends a session, use restarts the idle time alone, and a new login restarts both', async () => {
    const { sessions, clock } = await world()
    const id = await loginOf(sessions)
    const useUntil = async (ms: number): Promise<void> => {
      for (let passed = 0; passed < ms; passed += 300_000) {
        clock.advance(300_000)
        expect((await visited(sessions, id, ({ userId }) => userId)).result).toBe('ada')
      }
    }
    await useUntil(ABSOLUTE_MS - 300_000)
    await visited(sessions, id, (session) => session.markAuthenticated())
    await useUntil(ABSOLUTE_MS - 300_000)
    clock.advance(300_000)
    expect(await userAt(sessions, id)).toBeUndefined()
    const other = await loginOf(sessions)
    clock.advance(IDLE_MS)
    expect(await userAt(sessions, other)).toBeUndefined()
  })

  it('NIST-2.1.3 aal1 ends a session after 30 days, however much it is used', async () => {
    const day = 24 * HOUR_MS
    await expectLimits({ preset: 'aal1', idleSeconds: (10 * day) / 1000 }, 10 * day, 30 * day)
    expect(refusalOf(() => openShop({ lifetime: { preset: 'aal1', absoluteSeconds: (30 * day) / 1000 + 1 } }))).toContain('2592000')
  })

  it('NIST-2.2.3 aal2 ends a session after 24 hours, and after one without use: then the secret alone resumes nothing', async () => {
    await expectLimits({ preset: 'aal2' }, HOUR_MS, 24 * HOUR_MS)
    for (const longer of [
      { idleSeconds: 3601 },
      { absoluteSeconds: 86_401 },
      { absoluteSeconds: 0 },
      { maxIdleSeconds: 3601 },
      { maxAbsoluteSeconds: 86_401 },
    ]) {
      expect(refusalOf(() => openShop({ lifetime: { preset: 'aal2', ...longer } }))).toMatch(/^Option 'lifetime\./)
    }
  })

  it('NIST-2.3.3 aal3 ends a session after 12 hours, and after 15 minutes without use: then only a new login goes on', async () => {
    await expectLimits({ preset: 'aal3' }, HOUR_MS / 4, 12 * HOUR_MS)
    for (const longer of [
      { idleSeconds: 901 },
      { absoluteSeconds: 43_201 },
      { absoluteSeconds: 0 },
      { maxIdleSeconds: 901 },
      { maxAbsoluteSeconds: 43_201 },
      { maxAbsoluteSeconds: 0 },
    ]) {
      expect(refusalOf(() => openShop({ lifetime: { preset: 'aal3', ...longer } }))).toMatch(/^Option 'lifetime\./)
    }
  })

  it('CS-SM "Expiration" idle, absolute and renewal limits hold in the store, and what has expired is removed from it', async () => {
    const { sessions, clock, driver } = await world({ ...LIMITS, rotateEverySeconds: 500, graceSeconds: 30 })
    const [idle, used] = [await loginOf(sessions), await loginOf(sessions)]
    clock.advance(500_000)
    const renewed = await nextId(sessions, used)
    expect(renewed).not.toBe(used)
    clock.advance(100_000)
    expect([await userAt(sessions, idle), await userAt(sessions, renewed)]).toEqual([undefined, 'ada'])
    // Redis removes records by itself, on its own clock.
    if (!driver.expiresByItself) expect(await sessions.collect()).toBeGreaterThan(0)
    expect(await recordUnder(driver, idle)).toBeUndefined()
    const last = await nextId(sessions, renewed, (session) => session.set('n', 1))
    clock.advance(IDLE_MS)
    expect(await userAt(sessions, last)).toBeUndefined()
  })

  it('CS-SM "Expiration" as the design has it: no late answer clears the cookie of an expired session, which may be a new login’s by now', async () => {
    const { sessions, clock } = await world()
    const id = await loginOf(sessions)
    clock.advance(IDLE_MS)
    expect((await visited(sessions, id, nothing)).sent).toBeUndefined()
    expect((await visited(sessions, await loginOf(sessions), (session) => session.destroy())).sent).toBe('cleared')
  })
}
