import { describe, expect, it, vi } from 'vitest'
import type { Session } from '../../src/session/session.ts'
import { asked, nextId, recordUnder, visited } from '../support/visits.ts'
import { codeOf, idIn, openShop, visit } from './support/shop.ts'
import type { Shop } from './support/shop.ts'

const QUARTER = { withinSeconds: 900 }

/** A shop whose user has just logged in, and the id that the browser has. */
async function loggedIn(level?: number): Promise<Shop & { readonly id: string }> {
  const shop = openShop()
  const id = await shop.stored((session) => {
    session.setUserId('ada')
    session.markAuthenticated(level === undefined ? {} : { level })
  })
  return { ...shop, id }
}

const isFresh = (session: Session): boolean => session.isFresh(QUARTER)

describe('a user who proved who they are', () => {
  it('is fresh at once, in the request that says so', async () => {
    const shop = openShop()
    const open = await visit(shop.sessions)
    open.session.setUserId('ada')
    expect([isFresh(open.session), open.session.level]).toEqual([false, 0])
    open.session.markAuthenticated()
    expect([isFresh(open.session), open.session.level, open.session.authenticatedAt]).toEqual([true, 1, undefined])
    const id = idIn((await open.commit()).setCookie) ?? ''
    expect(await recordUnder(shop.memory, id)).toMatchObject({ authenticatedAt: shop.clock.now() })
    await shop.idle()
  })

  it('ASVS-7.5.1: is fresh for so many seconds on the store’s clock, and not after them', async () => {
    const { sessions, clock, id } = await loggedIn()
    clock.advance(840_000)
    expect(await asked(sessions, id, isFresh)).toBe(true)
    expect(await asked(sessions, id, (session) => session.isFresh({ withinSeconds: 839 }))).toBe(false)
    clock.advance(61_000)
    expect(await asked(sessions, id, isFresh)).toBe(false)
    expect(await asked(sessions, id, (session) => session.isFresh({ withinSeconds: 3600 }))).toBe(true)
  })

  it('ASVS-7.6.1: the session keeps when, whatever else is written later', async () => {
    const { sessions, clock, memory, id } = await loggedIn()
    const at = clock.now()
    for (const each of [1, 2, 3]) {
      clock.advance(100_000)
      await visited(sessions, id, (session) => session.set('n', each))
    }
    expect(await asked(sessions, id, ({ authenticatedAt }) => authenticatedAt)).toBe(at)
    expect(await recordUnder(memory, id)).toMatchObject({ authenticatedAt: at })
  })

  it('ASVS-7.6.1: keeps a time that somebody else saw, and is as fresh as that, from the request on that says so', async () => {
    const { sessions, clock, memory, id } = await loggedIn()
    const at = clock.now() - 600_000
    const { result } = await visited(sessions, id, (session) => {
      session.markAuthenticated({ at: new Date(at) })
      return [session.authenticatedAt, session.isFresh({ withinSeconds: 590 }), isFresh(session)]
    })
    expect(result).toEqual([at, false, true])
    expect(await recordUnder(memory, id)).toMatchObject({ authenticatedAt: at })
    clock.advance(301_000)
    expect(await asked(sessions, id, isFresh)).toBe(false)
    // A clock that is ahead says no more than now.
    await visited(sessions, id, (session) => session.markAuthenticated({ at: clock.now() + 3_600_000 }))
    expect(await recordUnder(memory, id)).toMatchObject({ authenticatedAt: clock.now() })
  })

  it('and so in a session that is new, whose absolute limit counts from there', async () => {
    const { sessions, clock, memory } = openShop({ lifetime: { absoluteSeconds: 3600 } })
    const open = await visit(sessions)
    open.session.setUserId('ada')
    open.session.markAuthenticated({ at: clock.now() - 1000_000 })
    expect(isFresh(open.session)).toBe(false)
    const id = idIn((await open.commit()).setCookie) ?? ''
    expect(await recordUnder(memory, id)).toMatchObject({ expiresAt: clock.now() + 2600_000 })
    for (const at of [Number.NaN, 0, new Date('never')]) {
      expect(() => openShop().sessions.openNew().session.markAuthenticated({ at })).toThrow(/at must be/)
    }
  })

  it('too long ago for any session of theirs is told so: nothing is stored that would be over at once', async () => {
    const { sessions, clock, memory, events, idle } = openShop({ lifetime: { absoluteSeconds: 3600, maxAbsoluteSeconds: 7200 } })
    const login = ({ session }: { readonly session: Session }): void => {
      session.setUserId('ada')
      session.markAuthenticated({ at: clock.now() - 3_600_000 })
    }
    for (const concurrency of ['exclusive', 'merge'] as const) {
      const known = await sessions.run(undefined, (session) => {
        session.set('n', 1)
        return session.id
      })
      for (const id of [[], known]) {
        const [saving, ending, longer] = [
          await visit(sessions, id, { concurrency }),
          await visit(sessions, [], { concurrency }),
          await visit(sessions),
        ]
        login(saving)
        expect(await codeOf(saving.session.save())).toBe('ERR_SESSION_NOT_FRESH')
        expect(await codeOf(Promise.resolve(saving.commit()))).toBe('ERR_SESSION_NOT_FRESH')
        login(ending)
        expect(await codeOf(Promise.resolve(ending.commit()))).toBe('ERR_SESSION_NOT_FRESH')
        login(longer)
        longer.session.setLifetime({ absoluteSeconds: 7200 })
        const { setCookie } = await longer.commit()
        expect(await asked(sessions, idIn(setCookie) ?? '', ({ userId }) => userId)).toBe('ada')
      }
      expect(await recordUnder(memory, known)).toMatchObject({ userId: undefined })
    }
    expect(events.filter((event) => event.kind === 'refused' && event.reason === 'not-fresh')).toHaveLength(8)
    await idle()
  })

  it('and no fresher for a save, where the absolute limit comes before the idle one', async () => {
    const { sessions, clock } = openShop({ lifetime: { idleSeconds: 3600, absoluteSeconds: 3600 } })
    const at = clock.now() - 1000_000
    for (const concurrency of ['exclusive', 'merge'] as const) {
      const open = await sessions.open({ concurrency })
      open.session.setUserId('ada')
      open.session.markAuthenticated({ at })
      await open.session.save()
      expect([isFresh(open.session), open.session.authenticatedAt]).toEqual([false, at])
      await open.commit()
      expect(isFresh(open.session)).toBe(false)
    }
  })

  it('ASVS-7.5.3: has a level, which a page can demand, and a time of its own when it is raised', async () => {
    const { sessions, clock, id } = await loggedIn()
    expect(await asked(sessions, id, (session) => [session.level, session.isFresh({ ...QUARTER, level: 2 })])).toEqual([1, false])
    clock.advance(800_000)
    await visited(sessions, id, (session) => session.markAuthenticated({ level: 2 }))
    clock.advance(800_000)
    const levels = (session: Session): unknown => [1, 2, 3].map((level) => session.isFresh({ ...QUARTER, level }))
    expect(await asked(sessions, id, levels)).toEqual([true, true, false])
    clock.advance(200_000)
    expect(await asked(sessions, id, levels)).toEqual([false, false, false])
    expect(await asked(sessions, id, ({ level }) => level)).toBe(2)
  })

  it('NIST-5.1 c: at a lower level than before has the lower one', async () => {
    const { sessions, id } = await loggedIn(3)
    await visited(sessions, id, (session) => session.markAuthenticated({ level: 1 }))
    expect(await asked(sessions, id, (session) => [session.level, session.isFresh({ ...QUARTER, level: 2 })])).toEqual([1, false])
  })

  it('again at the same level counts anew, though nothing else changed', async () => {
    const { sessions, clock, memory, driver, id } = await loggedIn()
    clock.advance(5_000_000)
    driver.forget()
    await visited(sessions, id, (session) => session.markAuthenticated())
    expect(driver.methods).toEqual(['acquire', 'commit'])
    expect(await recordUnder(memory, id)).toMatchObject({ authenticatedAt: clock.now() })
  })

  it('may ask in a read-only request, and not prove there', async () => {
    const { sessions, id } = await loggedIn()
    const session = await sessions.start(id, { concurrency: 'readonly' })
    expect(() => session.markAuthenticated({ level: 9 })).toThrow(expect.objectContaining({ code: 'ERR_SESSION_READONLY' }))
    expect([isFresh(session), session.level]).toEqual([true, 1])
  })

  it('grows older while one request has the session', async () => {
    const { sessions, id } = await loggedIn()
    const session = await sessions.start(id, { concurrency: 'readonly' })
    expect(isFresh(session)).toBe(true)
    const began = performance.now()
    vi.spyOn(performance, 'now').mockReturnValue(began + 901_000)
    expect(isFresh(session)).toBe(false)
  })

  it('stays fresh over both kinds of a new id', async () => {
    const { sessions, clock, id } = await loggedIn(2)
    const at = clock.now()
    clock.advance(10_000)
    const second = await nextId(sessions, id, (session) => session.regenerate())
    clock.advance(10_000)
    const third = await nextId(sessions, second, (session) => session.regenerate({ destroy: true }))
    expect(new Set([id, second, third]).size).toBe(3)
    expect(await asked(sessions, third, (session) => [isFresh(session), session.level, session.authenticatedAt])).toEqual([true, 2, at])
  })

  it('is fresh with the time that was stored, once it was saved in the midst of the request', async () => {
    const { sessions, clock, memory, id } = await loggedIn()
    clock.advance(1_000_000)
    const at = clock.now()
    await visited(sessions, id, async (session) => {
      session.markAuthenticated({ level: 2 })
      await session.save()
      expect([isFresh(session), session.level, session.authenticatedAt]).toEqual([true, 2, at])
      clock.advance(5000)
      session.set('n', 1)
    })
    expect(await recordUnder(memory, id)).toMatchObject({ authenticatedAt: at })
  })

  it('in a new session that was saved in the midst of the request as well', async () => {
    const shop = openShop()
    const { sent = '' } = await visited(shop.sessions, [], async (session) => {
      session.setUserId('ada')
      session.markAuthenticated()
      await session.save()
      expect([isFresh(session), session.authenticatedAt]).toEqual([true, shop.clock.now()])
      shop.clock.advance(5000)
      session.set('n', 1)
    })
    expect(await recordUnder(shop.memory, sent)).toMatchObject({ authenticatedAt: shop.clock.now() - 5000 })
  })

  it('did not prove it when reload dropped what was not stored, and did when it was', async () => {
    const { sessions, clock, id } = await loggedIn()
    clock.advance(1_000_000)
    await visited(sessions, id, async (session) => {
      session.markAuthenticated({ level: 2 })
      await session.reload()
      expect([isFresh(session), session.level]).toEqual([false, 1])
      session.markAuthenticated({ level: 3 })
      await session.save()
      await session.reload()
      expect([isFresh(session), session.level, session.authenticatedAt]).toEqual([true, 3, clock.now()])
    })
  })

  it('did not prove it in a request that failed', async () => {
    const { sessions, clock, id, ...shop } = await loggedIn()
    clock.advance(1_000_000)
    const open = await visit(sessions, id)
    open.session.markAuthenticated({ level: 5 })
    await open.discard(new Error('the handler threw'))
    expect(await asked(sessions, id, (session) => [isFresh(session), session.level])).toEqual([false, 1])
    await shop.idle()
  })
})

describe('nobody is fresh', () => {
  it('before the session is started', () => {
    const session = openShop().sessions.create()
    for (const ask of [isFresh, ({ level }: Session) => level, ({ authenticatedAt }: Session) => authenticatedAt]) {
      expect(() => ask(session)).toThrow(expect.objectContaining({ code: 'ERR_SESSION_NOT_STARTED' }))
    }
  })

  it('in a new session, in one of an unknown id, and in one that has no user', async () => {
    const { sessions, stored } = openShop()
    for (const id of ['', 'e'.repeat(40), await stored()]) {
      expect(await asked(sessions, id, (session) => [isFresh(session), session.level, session.authenticatedAt])).toEqual([
        false,
        0,
        undefined,
      ])
    }
  })

  it('in a session without a user, although one was marked', async () => {
    const { sessions } = openShop()
    const { result, sent = '' } = await visited(sessions, [], (session) => {
      session.set('n', 1)
      session.markAuthenticated({ level: 2 })
      return isFresh(session)
    })
    expect([result, await asked(sessions, sent, isFresh)]).toEqual([false, false])
  })

  it.each(['invalidate', 'destroy'] as const)('after %s, in that request and in the next session', async (end) => {
    const { sessions, id, ...shop } = await loggedIn()
    const { result, sent } = await visited(sessions, id, async (session) => {
      await session[end]()
      if (end === 'invalidate') session.set('n', 1)
      return [isFresh(session), session.level, session.authenticatedAt]
    })
    expect(result).toEqual([false, 0, undefined])
    for (const each of [id, sent ?? '']) expect(await asked(sessions, each, isFresh)).toBe(false)
    await shop.idle()
  })

  it('after a logout that kept the session, in it or when the user comes back', async () => {
    const { sessions, id } = await loggedIn()
    await visited(sessions, id, (session) => session.setUserId(null))
    expect(await asked(sessions, id, isFresh)).toBe(false)
    await visited(sessions, id, (session) => session.setUserId('ada'))
    expect(await asked(sessions, id, (session) => [isFresh(session), session.level])).toEqual([false, 0])
  })
})
