import { describe, expect, it } from 'vitest'
import { SessionManager } from '../../src/manager/session-manager.ts'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { loginRaces } from '../support/owners-races.ts'
import { handlesIn, handlesOf, openOwnersShop } from '../support/owners-shop.ts'
import { SpyDriver } from './support/spy-driver.ts'
import { codeOf, idIn, keyOf, visit } from './support/shop.ts'

describe('ending all sessions of a user', () => {
  it('ASVS-7.4.2: ends every one, however many, and nobody else’s', async () => {
    const shop = openOwnersShop()
    const known = []
    for (let n = 0; n < 205; n++) known.push(await shop.login('ada'))
    const others = [await shop.login('bob'), await shop.login(undefined)]
    const elsewhere = shop.another()
    const running = await visit(elsewhere, known[7]?.id ?? '-')
    running.session.set('n', 9)
    expect(await shop.sessions.revokeUser('ada')).toBe(205)
    expect(await running.commit()).toEqual({ setCookie: undefined })
    expect(await handlesOf(shop.sessions)).toEqual(handlesIn(others))
    expect(await shop.sessions.revokeUser('ada')).toBe(0)
    await shop.idle()
  })

  it('ASVS-7.4.5: takes the user as a number or as text', async () => {
    const shop = openOwnersShop()
    for (const userId of [7, '7']) {
      const known = [await shop.login(7), await shop.login('7'), await shop.login('07')]
      expect(await shop.sessions.revokeUser(userId)).toBe(2)
      expect(await shop.usersOf(known)).toEqual(['ended', 'ended', '07'])
    }
  })

  it('lets the user log in again', async () => {
    const shop = openOwnersShop()
    await shop.login('ada')
    await shop.sessions.revokeUser('ada')
    expect(await shop.userOf(await shop.login('ada'))).toBe('ada')
  })

  it.each([undefined, null, '', 1.5, {}, ['ada'], true])('is refused without a user: %j', async (userId) => {
    const shop = openOwnersShop()
    const known = await shop.login('ada')
    expect(await codeOf(shop.sessions.revokeUser(userId as never))).toBe('ERR_SESSION_INVALID_ARGUMENT')
    expect(await shop.userOf(known)).toBe('ada')
  })
})

describe('a login that is under way when its user’s sessions are ended', () => {
  it('ASVS-7.4.2: ends too, as a new session', async () => {
    const shop = openOwnersShop()
    let ended: number | undefined
    shop.driver.afterNext('insert', async () => {
      ended = await shop.sessions.revokeUser('ada')
    })
    const known = await shop.login('ada')
    expect([ended, await shop.userOf(known)]).toEqual([1, 'ended'])
  })

  it('ASVS-7.4.2: ends too, in a session that was nobody’s or another’s', async () => {
    const shop = openOwnersShop()
    for (const before of [undefined, 'bob']) {
      const known = await shop.login(before)
      const open = await visit(shop.sessions, known.id)
      open.session.setUserId('ada')
      shop.driver.afterNext('commit', async () => void (await shop.sessions.revokeUser('ada')))
      await open.commit()
      expect(await shop.userOf(known)).toBe('ended')
    }
    await shop.idle()
  })

  it('ASVS-7.4.2: ends too, with a new id', async () => {
    const shop = openOwnersShop()
    const known = await shop.login(undefined)
    const open = await visit(shop.sessions, known.id)
    await open.session.regenerate({ destroy: true })
    open.session.setUserId('ada')
    shop.driver.afterNext('replace', async () => void (await shop.sessions.revokeUser('ada')))
    const id = idIn((await open.commit()).setCookie) ?? '-'
    expect(await shop.usersOf([known, { ...known, id }])).toEqual(['ended', 'ended'])
    await shop.idle()
  })

  it('ASVS-7.4.2: ends, whatever the order: 20 logins and one revocation, 150 times', async () => {
    const driver = new MemoryDriver()
    const counts = await loginRaces([driver, driver], { rounds: 150, seed: 1 })
    expect(counts).toMatchObject({ escaped: 0, endedWrongly: 0 })
    // In every order: some before it, some after it.
    expect(counts.ended).toBeGreaterThan(200)
    expect(counts.after).toBeGreaterThan(200)
  })
})

describe('the handle of a session', () => {
  it('is known once it is stored, and no longer than that', async () => {
    const shop = openOwnersShop()
    const session = shop.sessions.create()
    expect(session.handle).toBeUndefined()
    await session.start()
    session.set('n', 1)
    expect(session.handle).toBeUndefined()
    await session.save({ keepOpen: true })
    const { handle } = session
    expect(handle).toMatch(/^[0-9a-f]{24}$/)
    await session.regenerate({ destroy: true })
    expect(session.handle).toBe(handle)
    await session.save({ keepOpen: true })
    expect(session.handle).toBe(handle)
    await session.invalidate()
    expect(session.handle).toBeUndefined()
    session.set('n', 1)
    await session.save({ keepOpen: true })
    expect(session.handle).toMatch(/^[0-9a-f]{24}$/)
    expect(session.handle).not.toBe(handle)
    await session.destroy()
    expect(session.handle).toBeUndefined()
    await shop.idle()
  })

  it('is another one for each session, and has nothing of its id, its key or its token', async () => {
    const shop = openOwnersShop()
    const seen = new Set<string>()
    for (let n = 0; n < 200; n++) {
      const { id, handle } = await shop.login('ada')
      seen.add(handle)
      const token = await shop.sessions.run(id, (session) => session.token())
      for (const secret of [id, keyOf(id), token]) expect(secret).not.toContain(handle)
    }
    expect(seen.size).toBe(200)
  })
})

describe('a driver that keeps no list', () => {
  it('is refused, by name, by all that needs one', async () => {
    const sessions = new SessionManager({ driver: new SpyDriver(new MemoryDriver()) })
    const session = await sessions.start()
    session.setUserId('ada')
    await session.save()
    const asked = [
      sessions.list(),
      sessions.list({ userId: 'ada' }),
      sessions.revoke(session.handle ?? '-'),
      sessions.revokeOthers(session),
      sessions.revokeUser('ada'),
      sessions.revokeAll(),
    ]
    for (const one of asked) await expect(one).rejects.toMatchObject({ code: 'ERR_SESSION_CONFIG', message: /'spy' keeps no list/ })
    expect((await sessions.start(session.id, { concurrency: 'readonly' })).userId).toBe('ada')
  })
})
