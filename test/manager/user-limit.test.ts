import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it, vi } from 'vitest'
import { DatabaseDriver } from '../../src/drivers/database/database-driver.ts'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import { handlesIn, handlesOf, loggedIn, openOwnersShop } from '../support/owners-shop.ts'
import type { Known, OwnersShop } from '../support/owners-shop.ts'
import { refusalOf } from '../support/config-refusal.ts'
import { turns } from './support/idle.ts'
import { codeOf, gate, idIn, visit } from './support/shop.ts'
import { SpyDriver } from './support/spy-driver.ts'

type Way = (shop: OwnersShop, userId: string) => Promise<Known>

/** Logs in by a request with a session that is somebody’s, or nobody’s. */
function bySession(before: string | undefined, isNewId: boolean): Way {
  return async (shop, userId) => {
    const known = await shop.login(before)
    const open = await visit(shop.sessions, known.id)
    if (isNewId) await open.session.regenerate({ destroy: true })
    open.session.setUserId(userId)
    const { setCookie } = await open.commit()
    return { ...known, id: idIn(setCookie) ?? known.id }
  }
}

const ways: readonly (readonly [string, Way])[] = [
  ['as a new session', (shop, userId) => shop.login(userId)],
  ['in a session that was nobody’s', bySession(undefined, false)],
  ['with a new id', bySession(undefined, true)],
  ['from one user to another', bySession('bob', false)],
  ['from one user to another, with a new id', bySession('bob', true)],
  [
    'by save in a standalone session',
    async (shop, userId) => {
      const session = await shop.sessions.start()
      session.setUserId(userId)
      await session.save()
      return { id: session.id, handle: session.handle ?? '-' }
    },
  ],
  [
    'by a save in the middle of a request',
    async (shop, userId) => {
      const open = await visit(shop.sessions)
      open.session.setUserId(userId)
      await open.session.save({ keepOpen: true })
      const { handle = '-' } = open.session
      open.session.set('n', 1)
      return { id: idIn((await open.commit()).setCookie) ?? '-', handle }
    },
  ],
]

/** Two sessions of ada, the older one first, a second apart. */
async function two(shop: OwnersShop): Promise<Known[]> {
  const known: Known[] = []
  for (let n = 0; n < 2; n++) {
    known.push(await shop.login('ada'))
    shop.clock.advance(1000)
  }
  return known
}

describe('maxPerUser: refuse', () => {
  it.each(ways)('ASVS-7.1.2: refuses a login beyond it %s, and leaves all that are there', async (_, logIn) => {
    const shop = openOwnersShop({ maxPerUser: { sessions: 2, whenReached: 'refuse' } })
    const known = await two(shop)
    shop.driver.forget()
    expect(await codeOf(logIn(shop, 'ada'))).toBe('ERR_SESSION_LIMIT')
    expect(await handlesOf(shop.sessions, 'ada')).toEqual(handlesIn(known))
    await shop.idle()
  })

  it.each(ways)('lets a login that is not beyond it in %s', async (_, logIn) => {
    const shop = openOwnersShop({ maxPerUser: { sessions: 2, whenReached: 'refuse' } })
    const known = [await shop.login('ada'), await logIn(shop, 'ada')]
    expect(await handlesOf(shop.sessions, 'ada')).toEqual(handlesIn(known))
    expect(shop.events).toEqual([])
    await shop.idle()
  })

  it('ASVS-7.1.2: lets the user in again once a session was ended, or has expired', async () => {
    const shop = openOwnersShop({ maxPerUser: { sessions: 2, whenReached: 'refuse' }, lifetime: { idleSeconds: 100 } })
    const [first] = await two(shop)
    expect(await codeOf(shop.login('ada'))).toBe('ERR_SESSION_LIMIT')
    await shop.sessions.revoke(first?.handle ?? '-', { userId: 'ada' })
    await shop.login('ada')
    expect(await codeOf(shop.login('ada'))).toBe('ERR_SESSION_LIMIT')
    shop.clock.advance(100_000)
    await shop.login('ada')
    expect(await handlesOf(shop.sessions, 'ada')).toHaveLength(1)
  })

  it('counts each user alone, and those of nobody not at all', async () => {
    const shop = openOwnersShop({ maxPerUser: { sessions: 1, whenReached: 'refuse' } })
    for (const userId of ['ada', 'bob', undefined, undefined, undefined, 7]) await shop.login(userId)
    for (const userId of ['ada', 'bob', 7, '7']) expect(await codeOf(shop.login(userId))).toBe('ERR_SESSION_LIMIT')
  })
})

describe('maxPerUser: evict-oldest', () => {
  it.each(ways)('ASVS-7.1.2: ends the one that was used longest ago for a login beyond it %s', async (_, logIn) => {
    const shop = openOwnersShop({ maxPerUser: { sessions: 2, whenReached: 'evict-oldest' } })
    const [first, second] = await two(shop)
    if (first === undefined || second === undefined) throw new Error('nobody was logged in')
    // The one that began first was used last.
    shop.clock.advance(120_000)
    await shop.sessions.run(first.id, (session) => session.set('n', 1))
    shop.clock.advance(1000)
    const known = await logIn(shop, 'ada')
    expect(await handlesOf(shop.sessions, 'ada')).toEqual(handlesIn([first, known]))
    expect(await shop.usersOf([first, second, known])).toEqual(['ada', 'ended', 'ada'])
    await shop.idle()
  })

  it('is what happens where nothing else is said', async () => {
    const shop = openOwnersShop({ maxPerUser: { sessions: 2 } })
    const [first, second] = await two(shop)
    const third = await shop.login('ada')
    expect(await shop.usersOf([first, second, third].flatMap((one) => one ?? []))).toEqual(['ended', 'ada', 'ada'])
  })

  it('ends as many as there are too many: the limit was lowered', async () => {
    const shop = openOwnersShop()
    for (let n = 0; n < 5; n++) await two(shop)
    const [, newest] = await two(shop)
    const sessions = shop.another({ maxPerUser: { sessions: 2 } })
    const known = await loggedIn(sessions, 'ada')
    expect(await handlesOf(sessions, 'ada')).toEqual(handlesIn([known, ...(newest === undefined ? [] : [newest])]))
  })

  it('ends never the new one, whatever the clock says', async () => {
    const shop = openOwnersShop({ maxPerUser: { sessions: 1 } })
    await shop.login('ada')
    for (const ms of [0, -60_000, 60_000, 0]) {
      shop.clock.advance(ms)
      const known = await shop.login('ada')
      expect(await handlesOf(shop.sessions, 'ada')).toEqual([known.handle])
    }
  })

  it('lets no request that still runs in the one that it ends store anything', async () => {
    const shop = openOwnersShop({ maxPerUser: { sessions: 1 } })
    const first = await shop.login('ada')
    const running = await visit(shop.another(), first.id)
    running.session.set('n', 9)
    const second = await shop.login('ada')
    expect(await running.commit()).toEqual({ setCookie: undefined })
    expect(await handlesOf(shop.sessions)).toEqual([second.handle])
    await shop.idle()
  })
})

describe('maxPerUser: allow', () => {
  it.each(ways)('ASVS-7.1.2: lets a login beyond it in %s, and ends none', async (_, logIn) => {
    const shop = openOwnersShop({ maxPerUser: { sessions: 2, whenReached: 'allow' } })
    const known = [...(await two(shop)), await logIn(shop, 'ada')]
    expect(await handlesOf(shop.sessions, 'ada')).toEqual(handlesIn(known))
    expect(shop.events).toEqual([{ kind: 'limit', key: expect.any(String), userId: 'ada', sessions: 3 }])
    await shop.idle()
  })
})

describe('what is no login', () => {
  it.each(['refuse', 'evict-oldest', 'allow'] as const)('a session of the user that goes on, %s', async (whenReached) => {
    const shop = openOwnersShop({ maxPerUser: { sessions: 2, whenReached } })
    const known = await two(shop)
    // A third one, let in by a process without a limit.
    known.push(await loggedIn(shop.another({}), 'ada'))
    shop.driver.forget()
    const [first = '', second = '', third = ''] = known.map(({ id }) => id)
    await shop.sessions.run(third, (session) => session.set('n', 1))
    await shop.sessions.run(third, (session) => session.setUserId('ada'))
    await shop.sessions.run(third, (session) => session.markAuthenticated())
    await shop.sessions.run(second, (session) => session.regenerate())
    await shop.sessions.run(first, async (session) => {
      await session.regenerate({ destroy: true })
      session.setUserId('ada')
    })
    expect(shop.driver.lists).toEqual([])
    expect(await handlesOf(shop.sessions, 'ada')).toHaveLength(3)
    expect(shop.events).toEqual([])
    await shop.idle()
  })

  it('a session that becomes nobody’s; its user is one fewer then', async () => {
    const shop = openOwnersShop({ maxPerUser: { sessions: 1, whenReached: 'refuse' } })
    const known = await shop.login('ada')
    await shop.sessions.run(known.id, (session) => session.setUserId(null))
    await shop.login('ada')
    expect(await codeOf(shop.sessions.run(known.id, (session) => session.setUserId('ada')))).toBe('ERR_SESSION_LIMIT')
    expect(await shop.userOf(known)).toBeUndefined()
  })

  it('a visitor, who costs no list', async () => {
    const shop = openOwnersShop({ maxPerUser: { sessions: 1 } })
    const known = await shop.login(undefined)
    await shop.sessions.run(known.id, (session) => session.set('n', 1))
    expect(shop.driver.lists).toEqual([])
  })
})

it('a login may be the first that a store is asked for', async () => {
  const driver = new DatabaseDriver({ client: new DatabaseSync(':memory:') })
  await driver.migrate()
  const sessions = new SessionManager({ driver, maxPerUser: { sessions: 1 } })
  await sessions.run(undefined, (session) => session.setUserId('ada'))
  expect((await sessions.list({ userId: 'ada' })).sessions.length).toBe(1)
  await sessions.close()
})

it('closing waits until a login has ended those that are too many', async () => {
  const driver = new MemoryDriver()
  const sessions = new SessionManager({ driver, maxPerUser: { sessions: 1, whenReached: 'evict-oldest' } })
  await sessions.run(undefined, (session) => session.setUserId('ada'))
  const [asked, goOn] = [gate(), gate()]
  const done: string[] = []
  vi.spyOn(driver, 'destroy').mockImplementationOnce(async (key) => {
    asked.open()
    await goOn.opened
    done.push('ended')
    return await MemoryDriver.prototype.destroy.call(driver, key)
  })
  vi.spyOn(driver, 'close').mockImplementationOnce(async () => void done.push('closed'))
  const login = sessions.run(undefined, (session) => session.setUserId('ada'))
  await asked.opened
  const closing = sessions.close({ waitSeconds: 0 })
  await turns(5)
  goOn.open()
  await Promise.all([login, closing])
  expect(done).toEqual(['ended', 'closed'])
})

describe('the options of maxPerUser', () => {
  const refused = (maxPerUser: unknown): string => refusalOf(() => openOwnersShop({ maxPerUser } as never))

  it.each([0, -1, 1.5, Number.NaN, Infinity, 100_001, '2', null])('sessions may not be %j', (sessions) => {
    expect(refused({ sessions })).toContain("'maxPerUser.sessions'")
  })

  it('sessions may not be left out', () => {
    expect(refused({})).toContain("'maxPerUser.sessions'")
    expect(refused({ whenReached: 'refuse' })).toContain("'maxPerUser.sessions'")
  })

  it.each(['evict', 'REFUSE', '', null, true])('whenReached may not be %j', (whenReached) => {
    expect(refused({ sessions: 2, whenReached })).toContain("'maxPerUser.whenReached'")
  })

  it.each([5, '5', null, [], true])('may not be %j', (maxPerUser) => {
    expect(refused(maxPerUser)).toContain("'maxPerUser'")
  })

  it('knows no others', () => {
    expect(refused({ sessions: 2, session: 2 })).toContain('maxPerUser.session')
  })

  it('needs a driver that lists', () => {
    const driver = new SpyDriver(new MemoryDriver())
    const message = refusalOf(() => new SessionManager({ driver, maxPerUser: { sessions: 2 } }))
    expect(message).toContain("'spy' keeps no list")
    expect(message).toContain("'maxPerUser'")
  })
})
