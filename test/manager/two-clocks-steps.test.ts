import { describe, expect, it } from 'vitest'
import { SessionManager } from '../../src/manager/session-manager.ts'
import type { LifetimeOptions } from '../../src/manager/options.ts'
import type { Session } from '../../src/session/session.ts'
import { movedStores } from '../support/moved-stores.ts'
import type { MovedStore } from '../support/moved-stores.ts'
import { asked, nextId, visited } from '../support/visits.ts'

const IDLE = 600
const ABSOLUTE = 3000
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const isGone = ({ isNew }: Session): boolean => isNew
const nothing = (): void => undefined
const increment = (session: Session): unknown => session.increment('n')

/** A machine's clock is wrong, and is set right, or the other way round: what that does to sessions. */
describe.each(Object.entries(movedStores))('the clock of %s', (_, open) => {
  async function world(lifetime: LifetimeOptions = {}): Promise<MovedStore & { sessions: SessionManager; id: string }> {
    const store = await open()
    const limits = { idleSeconds: IDLE, absoluteSeconds: ABSOLUTE, ...lifetime }
    const sessions = new SessionManager({ driver: store.driver, collectEverySeconds: 0, lifetime: limits })
    const { sent = '' } = await visited(sessions, [], (session) => {
      session.setUserId('ada')
      session.set('n', 0)
    })
    return { ...store, sessions, id: sent }
  }

  it.each([MINUTE, HOUR, DAY, 365 * DAY])('set back by %d milliseconds logs nobody out who uses a session', async (ms) => {
    for (const use of [nothing, increment]) {
      const { sessions, clock, id } = await world()
      clock.advance(-ms)
      for (let minute = 0; minute < 20; minute++) {
        clock.advance(MINUTE)
        for (const concurrency of ['readonly', 'exclusive'] as const) {
          const { result } = await visited(sessions, id, ({ userId }) => userId, { concurrency })
          expect(result).toBe('ada')
        }
        await visited(sessions, id, use)
      }
    }
  })

  it('set back while a request has a session loses nothing of it, and gives it to the next', async () => {
    const { sessions, clock, id } = await world()
    await visited(sessions, id, async (session) => {
      session.increment('n')
      clock.advance(-HOUR)
      await session.save()
      session.increment('n')
    })
    await visited(sessions, id, increment)
    expect(await asked(sessions, id, (session) => session.get('n'))).toBe(3)
  })

  it.each([
    ['that changed something', increment],
    ['that changed nothing', nothing],
  ])('set back leaves no session more than its idle time after a use %s', async (__, use) => {
    const { sessions, clock, id } = await world({ absoluteSeconds: 0 })
    clock.advance(-DAY)
    await visited(sessions, id, use)
    clock.advance(1000 * IDLE - 1)
    expect(await asked(sessions, id, isGone)).toBe(false)
    clock.advance(1)
    expect(await asked(sessions, id, isGone)).toBe(true)
  })

  it.each([
    ['change something', increment],
    ['change nothing', nothing],
  ])('set back leaves no session more than its absolute time, when its requests %s', async (__, use) => {
    const { sessions, clock, id } = await world({ touchEverySeconds: 0 })
    clock.advance(-DAY)
    await visited(sessions, id, use)
    let passed = 0
    for (; passed < 2000 * ABSOLUTE && !(await asked(sessions, id, isGone)); passed += MINUTE) {
      await visited(sessions, id, use)
      clock.advance(MINUTE)
    }
    expect(passed).toBe(1000 * ABSOLUTE)
  })

  it.each([
    ['change something', increment],
    ['change nothing', nothing],
  ])('set back does not keep a session from getting a new id, when its requests %s', async (__, use) => {
    const { sessions, clock, id } = await world({ rotateEverySeconds: 300 })
    clock.advance(-DAY)
    await visited(sessions, id, use)
    clock.advance(300_000)
    expect(await nextId(sessions, id, use)).not.toBe(id)
  })

  it('set back does not let the id that was replaced lead on for longer than the grace', async () => {
    const { sessions, clock, id } = await world()
    const next = await nextId(sessions, id, (session) => session.regenerate())
    clock.advance(-10_000)
    expect(await asked(sessions, id, ({ userId }) => userId)).toBe('ada')
    clock.advance(40_000)
    expect([await asked(sessions, id, isGone), await asked(sessions, next, isGone)]).toEqual([true, false])
  })

  it('set forwards ends no session that it does not make too old, and each use counts like every other', async () => {
    const { sessions, clock, id } = await world()
    clock.advance(1000 * IDLE - 1)
    expect((await visited(sessions, id, isGone)).result).toBe(false)
    clock.advance(1000 * IDLE - 1)
    expect(await asked(sessions, id, isGone)).toBe(false)
  })

  it('set forwards past the limits ends a session, and setting it back does not bring it back', async () => {
    const { sessions, clock, id } = await world()
    clock.advance(DAY)
    expect((await visited(sessions, id, isGone)).result).toBe(true)
    await sessions.collect()
    clock.advance(-DAY)
    expect((await visited(sessions, id, isGone)).result).toBe(true)
  })

  it('set forwards and back again lets a session that was used meanwhile live no longer than any', async () => {
    const { sessions, clock, id } = await world({ touchEverySeconds: 0 })
    clock.advance(1000 * IDLE - 1)
    await visited(sessions, id, nothing)
    clock.advance(1 - 1000 * IDLE)
    await visited(sessions, id, nothing)
    clock.advance(1000 * IDLE)
    expect(await asked(sessions, id, isGone)).toBe(true)
  })
})
