import { describe, expect, it, onTestFinished } from 'vitest'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import type { LifetimeOptions } from '../../src/manager/options.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import { testClock } from '../../src/testing/test-clock.ts'
import type { Session } from '../../src/session/session.ts'
import { asked, nextId, recordUnder, told, visited } from '../support/visits.ts'
import { idIn, visit } from './support/shop.ts'

const HOUR = 3600
const DAY = 24 * HOUR
const REMEMBERING: LifetimeOptions = { idleSeconds: 2 * HOUR, maxIdleSeconds: 30 * DAY, absoluteSeconds: DAY, maxAbsoluteSeconds: 90 * DAY }
const REMEMBER = { idleSeconds: 30 * DAY, absoluteSeconds: 90 * DAY, persistent: true }

function openHouse(lifetime: LifetimeOptions = REMEMBERING, lifetimeSeconds = 2 * HOUR) {
  const clock = testClock()
  const driver = new MemoryDriver({ clock: clock.now })
  const deploy = (others: LifetimeOptions = lifetime): SessionManager => {
    const manager = new SessionManager({ driver, clock: clock.now, collectEverySeconds: 0, lifetime: others, cookie: { lifetimeSeconds } })
    onTestFinished(() => manager.close())
    return manager
  }
  return { sessions: deploy(), deploy, clock, driver }
}

/** Logs in, and answers the id and the whole cookie. */
async function login(sessions: SessionManager, lifetime?: Parameters<Session['setLifetime']>[0]): Promise<{ id: string; cookie: string }> {
  const open = await visit(sessions)
  open.session.setUserId('ada')
  if (lifetime !== undefined) open.session.setLifetime(lifetime)
  const { setCookie = '' } = await open.commit()
  return { id: open.session.id, cookie: setCookie }
}

const isAlive = (sessions: SessionManager, id: string): Promise<boolean> => asked(sessions, id, ({ isNew }) => !isNew)

describe('a session that asks for a lifetime of its own', () => {
  it('lives for it, used or not, where others have ended', async () => {
    const { sessions, clock } = openHouse()
    const [remembered, other] = [await login(sessions, REMEMBER), await login(sessions)]
    clock.advance(1000 * 3 * HOUR)
    expect([await isAlive(sessions, remembered.id), await isAlive(sessions, other.id)]).toEqual([true, false])
    clock.advance(1000 * (29 * DAY))
    expect(await isAlive(sessions, await nextId(sessions, remembered.id))).toBe(true)
    clock.advance(1000 * (30 * DAY) - 1)
    expect(await isAlive(sessions, await nextId(sessions, remembered.id))).toBe(true)
    clock.advance(1000 * 30 * DAY)
    expect(await isAlive(sessions, remembered.id)).toBe(false)
  })

  it('ends at its absolute limit however much it is used', async () => {
    const { sessions, clock } = openHouse()
    const { id } = await login(sessions, { absoluteSeconds: 5 * HOUR })
    for (let hour = 1; hour <= 5; hour++) {
      expect(await isAlive(sessions, await nextId(sessions, id))).toBe(true)
      clock.advance(1000 * HOUR)
    }
    expect(await isAlive(sessions, id)).toBe(false)
  })

  it('may ask for a shorter one, and use still keeps it alive', async () => {
    const { sessions, clock } = openHouse()
    const { id } = await login(sessions, { idleSeconds: 60 })
    for (let times = 0; times < 4; times++) {
      clock.advance(59_000)
      expect(await isAlive(sessions, await nextId(sessions, id))).toBe(true)
    }
    clock.advance(60_000)
    expect(await isAlive(sessions, id)).toBe(false)
  })

  it('keeps it through changes of its id, and loses it with invalidate', async () => {
    const { sessions, clock } = openHouse({ ...REMEMBERING, rotateEverySeconds: HOUR })
    let { id } = await login(sessions, REMEMBER)
    id = await nextId(sessions, id, (session) => session.regenerate({ destroy: true }))
    clock.advance(1000 * HOUR)
    id = await nextId(sessions, id, (session) => session.set('n', 1))
    clock.advance(1000 * 20 * DAY)
    expect(await asked(sessions, id, ({ lifetime }) => lifetime)).toEqual(REMEMBER)
    id = await nextId(sessions, id, async (session) => {
      await session.invalidate()
      session.set('n', 1)
    })
    expect(await asked(sessions, id, ({ lifetime }) => lifetime)).toEqual({ idleSeconds: 2 * HOUR, absoluteSeconds: DAY })
  })

  it('sends a cookie that the browser keeps for it, or until it is closed, at once and whenever it is renewed', async () => {
    const { sessions, clock } = openHouse()
    const remembered = await login(sessions, REMEMBER)
    expect(remembered.cookie).toContain(`; Max-Age=${30 * DAY};`)
    expect((await login(sessions, { persistent: false })).cookie).not.toContain('Max-Age')
    expect((await login(sessions, { idleSeconds: DAY })).cookie).toContain(`; Max-Age=${2 * HOUR};`)
    clock.advance(1000 * 60)
    const renewed = await visit(sessions, remembered.id)
    expect((await renewed.commit()).setCookie).toContain(`; Max-Age=${30 * DAY};`)
    const forgetting = await visit(sessions, remembered.id)
    forgetting.session.setLifetime({ persistent: false })
    expect((await forgetting.commit()).setCookie).toMatch(/^(?!.*Max-Age).*HttpOnly/)
  })

  it('sends no cookie for less than is left, and none that browsers would cut', async () => {
    const { sessions } = openHouse({ idleSeconds: 500 * DAY, absoluteSeconds: 0 })
    expect((await login(sessions, { persistent: true })).cookie).toContain('; Max-Age=34560000;')
    expect((await login(sessions, { persistent: true, absoluteSeconds: 10.5 })).cookie).toContain('; Max-Age=11;')
  })

  it('goes back to the manager’s with an empty one', async () => {
    const { sessions, driver } = openHouse()
    const { id } = await login(sessions, REMEMBER)
    const { sent } = await visited(sessions, id, (session) => session.setLifetime({}))
    expect(sent).toBe(id)
    expect(await asked(sessions, id, ({ lifetime }) => lifetime)).toEqual({ idleSeconds: 2 * HOUR, absoluteSeconds: DAY })
    expect((await recordUnder(driver, id))?.payload).not.toContain('own_lifetime')
  })

  it('loses it to another user, unless that one asks for it in the same request', async () => {
    const { sessions } = openHouse()
    const [first, second] = [await login(sessions, REMEMBER), await login(sessions, REMEMBER)]
    await visited(sessions, first.id, (session) => session.setUserId('eve'))
    expect(await asked(sessions, first.id, ({ lifetime }) => lifetime)).toEqual({ idleSeconds: 2 * HOUR, absoluteSeconds: DAY })
    await visited(sessions, second.id, (session) => {
      session.setLifetime({ idleSeconds: DAY })
      session.setUserId('eve')
      session.setUserId('eve')
    })
    expect(await asked(sessions, second.id, ({ lifetime }) => lifetime.idleSeconds)).toBe(DAY)
  })

  it('keeps it through a login of a request that merges, whichever of the two comes first', async () => {
    const { sessions } = openHouse()
    const open = await visit(sessions)
    open.session.set('n', 1)
    const id = idIn((await open.commit()).setCookie) ?? ''
    await sessions.run(
      id,
      (session) => {
        session.setLifetime(REMEMBER)
        session.setUserId('ada')
      },
      { concurrency: 'merge' },
    )
    expect(await asked(sessions, id, ({ lifetime, userId }) => ({ ...lifetime, userId }))).toEqual({ ...REMEMBER, userId: 'ada' })
  })

  it('is bounded by what the manager allows today, and told as expired where the store still has it', async () => {
    const { sessions, deploy, clock } = openHouse()
    const { id } = await login(sessions, REMEMBER)
    const stricter = deploy({ idleSeconds: HOUR, maxIdleSeconds: 2 * DAY })
    clock.advance(1000 * 2 * DAY - 1)
    expect(await isAlive(stricter, id)).toBe(true)
    clock.advance(1)
    const expired = told(stricter, 'expired')
    expect(await isAlive(stricter, id)).toBe(false)
    expect(expired).toHaveLength(1)
  })

  it('does not lend its life to others: one that asked for nothing ends by the shorter limits of today', async () => {
    const { deploy, clock } = openHouse()
    const generous = deploy({ idleSeconds: 30 * DAY, maxIdleSeconds: 30 * DAY })
    const { id } = await login(generous)
    const stricter = deploy({ idleSeconds: HOUR, maxIdleSeconds: 30 * DAY })
    const expired = told(stricter, 'expired')
    clock.advance(1000 * HOUR)
    const { result, sent } = await visited(stricter, id, ({ isNew, userId }) => [isNew, userId])
    expect([result, sent, expired.length]).toEqual([[true, undefined], undefined, 1])
    expect((await visit(stricter, id)).session.isNew).toBe(true) // And no lock is left on it.
  })
})

describe('what setLifetime refuses', () => {
  it.each([
    ['more idle time than the manager allows', { idleSeconds: 30 * DAY + 1 }, 'maxIdleSeconds'],
    ['more time in all than the manager allows', { absoluteSeconds: 91 * DAY }, 'maxAbsoluteSeconds'],
    ['no time', { idleSeconds: 0 }, 'above 0'],
    ['time that is no number', { absoluteSeconds: Number.NaN }, 'above 0'],
    ['a persistence that is neither', { persistent: 'yes' }, 'true or false'],
    ['a field that is not known', { maxAge: 5 }, "'maxAge'"],
    ['no object', undefined, 'options'],
  ])('%s', async (_title, lifetime, said) => {
    const { session } = await visit(openHouse().sessions)
    expect(() => session.setLifetime(lifetime as Parameters<Session['setLifetime']>[0])).toThrow(
      expect.objectContaining({ code: 'ERR_SESSION_INVALID_ARGUMENT', message: expect.stringContaining(said) }),
    )
    expect(session.lifetime.idleSeconds).toBe(2 * HOUR)
  })

  it('anything in a session that takes no writes, or is closed', async () => {
    const { sessions } = openHouse()
    const { id } = await login(sessions)
    const reading = await sessions.start(id, { concurrency: 'readonly' })
    expect(() => reading.setLifetime(REMEMBER)).toThrow(expect.objectContaining({ code: 'ERR_SESSION_READONLY' }))
    const open = await visit(sessions, id)
    await open.commit()
    expect(() => open.session.setLifetime(REMEMBER)).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CLOSED' }))
  })

  it('and by default anything longer than the manager’s own limits, also by a preset', async () => {
    const { session } = await visit(openHouse({ preset: 'aal2' }).sessions)
    session.setLifetime({ idleSeconds: 3600, absoluteSeconds: 86_400 })
    expect(() => session.setLifetime({ idleSeconds: 3601 })).toThrow(/3600 at most/)
    expect(() => openHouse({ preset: 'aal2', maxIdleSeconds: 7200 })).toThrow(/maxIdleSeconds.*3600 at most/)
    expect(() => openHouse({ preset: 'aal3', maxAbsoluteSeconds: 0 })).toThrow(/maxAbsoluteSeconds.*43200 at most/)
    expect(() => openHouse({ idleSeconds: 60, maxIdleSeconds: 59 })).toThrow(/maxIdleSeconds.*at least 60/)
  })
})
