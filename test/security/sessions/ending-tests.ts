import { expect, it } from 'vitest'
import type { Session } from '../../../src/session/session.ts'
import { gate, idIn, keyOf, visit } from '../../manager/support/shop.ts'
import type { MovedStore } from '../../support/moved-stores.ts'
import { everyPage } from '../../support/owners-shop.ts'
import { asked, nextId, recordUnder, visited } from '../../support/visits.ts'
import { NOTHING, logIn, loginOf, openSessionWorld, seenBy, userAt } from '../support/session-world.ts'

/** How sessions are ended, and that they stay so. */
export function endingTests(open: () => Promise<MovedStore>): void {
  it.each([
    ['logout', (session: Session) => session.destroy()],
    ['invalidation', (session: Session) => session.invalidate()],
  ])('ASVS-7.4.1 after a %s the same id is refused, and nothing of it is left', async (_, end) => {
    const { sessions, driver } = await openSessionWorld(open)
    const id = await loginOf(sessions)
    await visited(sessions, id, async (session) => {
      await end(session)
      // At once, and not with the end of the request.
      expect(await recordUnder(driver, id)).toBeUndefined()
    })
    expect(await seenBy(sessions, id)).toEqual(NOTHING)
    expect((await everyPage(sessions)).flat()).toEqual([])
  })

  it('ASVS-7.4.1 requests that wait while another logs out get an empty session, and store nothing under the old id', async () => {
    const { sessions, another, driver } = await openSessionWorld(open)
    const id = await loginOf(sessions)
    const [held, go] = [gate(), gate()]
    const leaving = visited(sessions, id, async (session) => {
      held.open()
      await go.opened
      await session.destroy()
    })
    await held.opened
    const waiting = [sessions, sessions, another()].map((each) =>
      visited(each, id, (session) => {
        session.set('late', true)
        return [session.userId, session.get('cart')]
      }),
    )
    go.open()
    await leaving
    for (const { result, sent } of await Promise.all(waiting)) {
      expect(result).toEqual([undefined, undefined])
      expect(sent).not.toBe(id)
    }
    expect(await recordUnder(driver, id)).toBeUndefined()
    expect(await seenBy(sessions, id)).toEqual(NOTHING)
  })

  it.each([
    ['as it is', () => undefined],
    ['under a new id', (session: Session) => session.regenerate()],
    ['with a login', (session: Session) => logIn(session)],
  ])('ASVS-7.4.1 a request that ran already brings nothing back by its late save (%s)', async (_, change) => {
    const { sessions, another, driver } = await openSessionWorld(open)
    const id = await loginOf(sessions)
    const request = await visit(sessions, id)
    request.session.set('late', true)
    await change(request.session)
    const [ended] = (await another().list({ userId: 'ada' })).sessions
    expect(await another().revoke(ended?.handle ?? '', { userId: 'ada' })).toBe(true)
    const { id: last } = request.session
    expect(idIn((await request.commit()).setCookie)).toBeUndefined()
    for (const each of new Set([id, last])) {
      expect(await driver.read(keyOf(each))).toBeUndefined()
      expect(await seenBy(sessions, each)).toEqual(NOTHING)
    }
  })

  it('ASVS-7.4.1 requests that ran without the lock bring nothing back either, though they store what they changed by themselves', async () => {
    const { sessions, another, driver } = await openSessionWorld(open)
    const id = await loginOf(sessions)
    const running = await Promise.all([sessions, another()].map((each) => visit(each, id, { concurrency: 'merge' })))
    for (const { session } of running) session.set('late', true)
    await visited(sessions, id, (session) => session.destroy())
    for (const request of running) expect(idIn((await request.commit()).setCookie)).toBeUndefined()
    expect(await driver.read(keyOf(id))).toBeUndefined()
    expect(await seenBy(sessions, id)).toEqual(NOTHING)
  })

  it('ASVS-7.4.1 an expired session is brought back by no request: what comes with its id is stored under another', async () => {
    const { sessions, driver, clock } = await openSessionWorld(open, { lifetime: { idleSeconds: 600, touchEverySeconds: 0 } })
    const id = await loginOf(sessions)
    clock.advance(600_000)
    const { result, sent } = await visited(sessions, id, (session) => {
      session.set('late', true)
      return session.isNew
    })
    expect(result).toBe(true)
    expect(sent).not.toBe(id)
    expect(await recordUnder(driver, id)).toBeUndefined()
  })

  it('ASVS-7.4.1 a logout also ends what the id became by itself', async () => {
    const { sessions, clock } = await openSessionWorld(open, { lifetime: { rotateEverySeconds: 900 } })
    const old = await loginOf(sessions)
    // Two requests under way with the same cookie: one gets the new id, the other logs out by the old one.
    clock.advance(900_000)
    const next = await nextId(sessions, old)
    await visited(sessions, old, (session) => session.destroy())
    expect([await userAt(sessions, old), await userAt(sessions, next)]).toEqual([undefined, undefined])
  })

  it('ASVS-7.4.1 a logout under way ends the session also when another request gave it a new id meanwhile', async () => {
    const { sessions } = await openSessionWorld(open)
    const old = await loginOf(sessions)
    const leaving = await visit(sessions, old, { concurrency: 'merge' })
    const next = await nextId(sessions, old, (session) => session.regenerate())
    await leaving.session.destroy()
    await leaving.commit()
    expect([await userAt(sessions, old), await userAt(sessions, next)]).toEqual([undefined, undefined])
  })

  it('NIST-5.1 b a logout erases the secret: in the store at once, and in the browser', async () => {
    const { sessions, driver } = await openSessionWorld(open)
    const id = await loginOf(sessions)
    const leaving = await visit(sessions, id)
    await leaving.session.destroy()
    expect(await driver.read(keyOf(id))).toBeUndefined()
    expect((await leaving.commit()).setCookie).toMatch(/^__Host-ml_session=; Path=\/; Max-Age=0; Secure; HttpOnly/)
    expect(leaving.session.id).toBe('')
  })

  it('ASVS-7.6.2 who only reads gets no session and no cookie; who logs in or writes something does', async () => {
    const { sessions, driver } = await openSessionWorld(open)
    const read = (session: Session): unknown => [session.get('n'), session.has('n'), session.all(), session.getFlash('s'), session.userId]
    const seen = { ipAddress: '203.0.113.7', userAgent: 'Amiga/4.1' }
    expect((await visited(sessions, [], read, seen)).sent).toBeUndefined()
    expect((await visited(sessions, 'e'.repeat(40), read, seen)).sent).toBeUndefined()
    expect([driver.methods.includes('insert'), (await everyPage(sessions)).flat()]).toEqual([false, []])
    const [written, user] = [(await visited(sessions, [], (session) => session.set('n', 1))).sent, await loginOf(sessions)]
    expect((await everyPage(sessions)).flat()).toHaveLength(2)
    expect(await asked(sessions, written ?? '', (session) => session.get('n'))).toBe(1)
    expect(await userAt(sessions, user)).toBe('ada')
  })

  it('NIST-5.1 c a session has the level of its login: no new id, other user or older session raises it', async () => {
    const { sessions } = await openSessionWorld(open)
    const levelAt = (id: string): Promise<readonly [string | undefined, number]> =>
      asked(sessions, id, ({ userId, level }) => [userId, level])
    let id = await nextId(sessions, '', async (session) => {
      await session.regenerate({ destroy: true })
      session.setUserId('ada')
    })
    expect(await levelAt(id)).toEqual(['ada', 0])
    await visited(sessions, id, (session) => session.markAuthenticated({ level: 1 }))
    for (const destroy of [false, true]) {
      id = await nextId(sessions, id, (session) => session.regenerate({ destroy }))
      expect(await levelAt(id)).toEqual(['ada', 1])
      expect(await asked(sessions, id, (session) => session.isFresh({ withinSeconds: 900, level: 2 }))).toBe(false)
    }
    await visited(sessions, id, (session) => session.markAuthenticated({ level: 2 }))
    expect(await asked(sessions, id, (session) => session.isFresh({ withinSeconds: 900, level: 2 }))).toBe(true)
    await visited(sessions, id, (session) => session.setUserId('eve'))
    expect(await levelAt(id)).toEqual(['eve', 0])
    await visited(sessions, id, (session) => session.setUserId('ada'))
    expect(await levelAt(id)).toEqual(['ada', 0])
  })

  it('NIST-5.1 a the secret of a login is made by the login, not before it', async () => {
    const { sessions, driver } = await openSessionWorld(open)
    const before = await nextId(sessions, '', (session) => session.set('cart', 'before'))
    const request = await visit(sessions, before)
    const asBefore = request.session.id
    await logIn(request.session)
    const { id } = request.session
    expect(asBefore).toBe(before)
    expect(id).not.toBe(before)
    expect(await driver.read(keyOf(id))).toBeUndefined()
    await request.commit()
    expect(await userAt(sessions, id)).toBe('ada')
  })
}
