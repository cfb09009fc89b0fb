import { expect, it } from 'vitest'
import type { SessionManager } from '../../../src/manager/session-manager.ts'
import { codeOf, visit } from '../../manager/support/shop.ts'
import type { MovedStore } from '../../support/moved-stores.ts'
import { everyPage, handlesOf } from '../../support/owners-shop.ts'
import { nextId, told, visited } from '../../support/visits.ts'
import { logIn, loginOf, openSessionWorld, userAt } from '../support/session-world.ts'

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'
const SAFARI = 'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile Safari/604.1'

/** Several logins of a user: their ids. */
async function logins(sessions: SessionManager, count: number, userId = 'ada'): Promise<string[]> {
  const ids: string[] = []
  for (let n = 0; n < count; n++) ids.push(await loginOf(sessions, userId))
  return ids
}

async function usersAt(sessions: SessionManager, ids: readonly string[]): Promise<(string | undefined)[]> {
  const users: (string | undefined)[] = []
  for (const id of ids) users.push(await userAt(sessions, id))
  return users
}

/** Whose sessions they are, and who ends them. */
export function ownerTests(open: () => Promise<MovedStore>): void {
  it.each([
    ['refuse', ['ada', 'ada', undefined]],
    ['evict-oldest', [undefined, 'ada', 'ada']],
    ['allow', ['ada', 'ada', 'ada']],
  ] as const)('ASVS-7.1.2 a login beyond the limit does what the option says: %s', async (whenReached, expected) => {
    const { sessions, clock, driver } = await openSessionWorld(open, { maxPerUser: { sessions: 2, whenReached } })
    const limits = told(sessions, 'limit')
    const ids: string[] = []
    for (let n = 0; n < 3; n++) {
      clock.advance(1000)
      driver.forget()
      const login = loginOf(sessions)
      if (whenReached === 'refuse' && n === 2) {
        expect(await codeOf(login)).toBe('ERR_SESSION_LIMIT')
        // It was not stored first.
        expect(driver.methods).not.toContain('insert')
      }
      ids.push(await login.catch(() => 'e'.repeat(40)))
    }
    expect(await usersAt(sessions, ids)).toEqual(expected)
    expect(limits).toMatchObject([{ userId: 'ada' }])
    expect(await userAt(sessions, await loginOf(sessions, 'bob'))).toBe('bob')
  })

  it('ASVS-7.1.2 by default a user may have any number of sessions', async () => {
    const { sessions } = await openSessionWorld(open)
    const ids = await logins(sessions, 12)
    expect(new Set(await usersAt(sessions, ids))).toEqual(new Set(['ada']))
  })

  it('CS-SM "Simultaneous logons" are shown to their user, and a login beyond the limit is told of', async () => {
    const { sessions, another } = await openSessionWorld(open)
    await logins(sessions, 2)
    expect(await handlesOf(sessions, 'ada')).toHaveLength(2)
    const limited = another({ maxPerUser: { sessions: 2, whenReached: 'allow' } })
    const limits = told(limited, 'limit')
    await loginOf(limited)
    expect(limits).toMatchObject([{ userId: 'ada', sessions: 3 }])
  })

  it('ASVS-7.4.2 all sessions of a user end, also those that are made while it runs, and nobody else’s', async () => {
    const { sessions, another, driver } = await openSessionWorld(open)
    const other = another()
    const [ids, strangers] = [await logins(sessions, 5), await logins(sessions, 2, 'bob')]
    // One is made after the call, and before the store is asked.
    driver.beforeRevokes.push(async () => void ids.push(await loginOf(other)))
    expect(await sessions.revokeUser('ada')).toBe(6)
    expect(await usersAt(other, ids)).toEqual(ids.map(() => undefined))
    // Two are stored already, and their requests have not heard of it.
    for (const step of ['insert', 'replace'] as const) {
      const before = step === 'insert' ? [] : await nextId(sessions, '', (session) => session.set('cart', 1))
      const login = await visit(sessions, before)
      await logIn(login.session)
      driver.afterNext(step, async () => expect(await other.revokeUser('ada')).toBe(1))
      await login.commit()
      expect(await userAt(other, login.session.id)).toBeUndefined()
    }
    expect(await handlesOf(sessions, 'ada')).toEqual([])
    expect(await usersAt(sessions, strangers)).toEqual(['bob', 'bob'])
  })

  it('ASVS-7.4.3 one call ends all sessions of the user but the one that changes the password', async () => {
    const { sessions } = await openSessionWorld(open)
    const [others, strangers] = [await logins(sessions, 3), await logins(sessions, 1, 'bob')]
    const current = await loginOf(sessions)
    const next = await nextId(sessions, current, async (session) => {
      await session.regenerate({ destroy: true })
      session.set('password', 'changed')
      expect(await sessions.revokeOthers(session)).toBe(3)
    })
    expect(await usersAt(sessions, [...others, current, next, ...strangers])).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      'ada',
      'bob',
    ])
  })

  it('ASVS-7.4.5 an administrator lists and ends the sessions of one user, and those of all', async () => {
    const { sessions, another } = await openSessionWorld(open)
    const admin = another()
    const [ada, bob] = [await logins(sessions, 3), await logins(sessions, 2, 'bob')]
    const nobody = await nextId(sessions, '', (session) => session.set('cart', 1))
    const listed = (await everyPage(admin, { limit: 2 })).flat()
    expect(listed.map(({ userId }) => userId ?? '-').toSorted()).toEqual(['-', 'ada', 'ada', 'ada', 'bob', 'bob'])
    expect((await admin.list({ userId: 'ada' })).sessions).toHaveLength(3)
    expect(await admin.revokeUser('ada')).toBe(3)
    expect(await usersAt(sessions, [...ada, ...bob])).toEqual([undefined, undefined, undefined, 'bob', 'bob'])
    expect(await admin.revokeAll()).toBe(3)
    expect(await usersAt(sessions, bob)).toEqual([undefined, undefined])
    expect((await visited(sessions, nobody, ({ isNew }) => isNew)).result).toBe(true)
    expect((await everyPage(admin, {})).flat()).toEqual([])
  })

  it('ASVS-7.5.2 users see when and where each session of theirs was used, and which is this one, and can end any', async () => {
    const { sessions, clock } = await openSessionWorld(open, { lifetime: { touchEverySeconds: 0 } })
    const began = clock.now()
    const here = { ipAddress: '203.0.113.7', userAgent: FIREFOX }
    const { sent: phone = '' } = await visited(sessions, [], (session) => logIn(session), { ipAddress: '198.51.100.9', userAgent: SAFARI })
    clock.advance(5000)
    const { sent: desk = '' } = await visited(sessions, [], (session) => logIn(session), here)
    const stranger = await loginOf(sessions, 'bob')
    clock.advance(60_000)
    const request = await visit(sessions, desk, { concurrency: 'readonly', ...here })
    const { sessions: list } = await sessions.list({ userId: 'ada', current: request.session })
    const byAge = list.toSorted((one, other) => one.createdAt - other.createdAt)
    expect(byAge).toMatchObject([
      { createdAt: began, lastSeenAt: began, device: 'Safari on iOS', ipAddress: '198.51.100.9', isCurrent: false },
      { createdAt: began + 5000, lastSeenAt: began + 5000, device: 'Firefox on Linux', ipAddress: '203.0.113.7', isCurrent: true },
    ])
    for (const id of [phone, desk]) expect(JSON.stringify(list)).not.toContain(id)
    const [strangers] = (await sessions.list({ userId: 'bob' })).sessions
    expect(await sessions.revoke(strangers?.handle ?? '', { userId: 'ada' })).toBe(false)
    expect(await sessions.revoke(byAge[0]?.handle ?? '', { userId: 'ada' })).toBe(true)
    expect(await usersAt(sessions, [phone, desk, stranger])).toEqual([undefined, 'ada', 'bob'])
    expect(await sessions.revokeUser('ada')).toBe(1)
    expect(await userAt(sessions, desk)).toBeUndefined()
  })
}
