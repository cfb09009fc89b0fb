import { describe, expect, it } from 'vitest'
import { everyPage, handlesOf, moved, openOwnersShop } from '../support/owners-shop.ts'
import type { Known, OwnersShop } from '../support/owners-shop.ts'
import { turns } from './support/idle.ts'
import { codeOf, keyOf, visit } from './support/shop.ts'

const WAYS = [{}, { destroy: true }] as const

/** More sessions than a page has, and the one among them that the last page shows. */
async function onTheLastPage(shop: OwnersShop, userId: string): Promise<Known> {
  const known: Known[] = []
  for (let n = 0; n < 101; n++) known.push(await shop.login(userId))
  const last = (await everyPage(shop.sessions, { userId })).at(-1)?.at(-1)?.handle
  for (const one of known) if (one.handle === last) return one
  throw new Error('it is on no page')
}

describe('ending a session by its handle', () => {
  it('ASVS-7.5.2: ends that one at once, and no other', async () => {
    const shop = openOwnersShop()
    const [phone, desk, bob] = [await shop.login('ada'), await shop.login('ada'), await shop.login('bob')]
    expect(await shop.sessions.revoke(phone.handle, { userId: 'ada' })).toBe(true)
    expect(await shop.usersOf([phone, desk, bob])).toEqual(['ended', 'ada', 'bob'])
    expect(await handlesOf(shop.sessions, 'ada')).toEqual([desk.handle])
    const open = await visit(shop.sessions, phone.id)
    expect([open.session.isNew, open.session.userId, open.session.all()]).toEqual([true, undefined, {}])
    expect(await shop.sessions.revoke(phone.handle, { userId: 'ada' })).toBe(false)
    await open.commit()
    await shop.idle()
  })

  it('ASVS-7.4.5: ends anybody’s where no user is named, also one of nobody', async () => {
    const shop = openOwnersShop()
    const known = [await shop.login('ada'), await shop.login(undefined), await onTheLastPage(shop, 'bob')]
    for (const { handle } of known) expect(await shop.sessions.revoke(handle)).toBe(true)
    expect(await shop.usersOf(known)).toEqual(['ended', 'ended', 'ended'])
    expect(await handlesOf(shop.sessions)).toHaveLength(100)
  })

  it('ASVS-7.5.2: leaves another user’s session alone, and says that there was none', async () => {
    const shop = openOwnersShop()
    const [ada, anonymous] = [await shop.login('ada'), await shop.login(undefined)]
    for (const { handle } of [ada, anonymous]) {
      for (const userId of ['bob', 7]) expect(await shop.sessions.revoke(handle, { userId })).toBe(false)
    }
    expect(await shop.usersOf([ada, anonymous])).toEqual(['ada', undefined])
  })

  it('knows a session by nothing but its handle', async () => {
    const shop = openOwnersShop()
    const known = await shop.login('ada')
    const others = [known.id, keyOf(known.id), 'f'.repeat(24), known.handle.toUpperCase(), known.handle.slice(0, -1), '__proto__', '%', '*']
    for (const handle of others) {
      expect(await shop.sessions.revoke(handle)).toBe(false)
      expect(await shop.sessions.revoke(handle, { userId: 'ada' })).toBe(false)
    }
    expect(await shop.userOf(known)).toBe('ada')
  })

  it('takes the user as a number or as text', async () => {
    const shop = openOwnersShop()
    const known = [await shop.login(7), await shop.login('7')]
    expect(await shop.sessions.revoke(known[0]?.handle ?? '-', { userId: '7' })).toBe(true)
    expect(await shop.sessions.revoke(known[1]?.handle ?? '-', { userId: 7 })).toBe(true)
    expect(await shop.usersOf(known)).toEqual(['ended', 'ended'])
  })

  it.each(WAYS)('ends the right one by the handle that it had before it took new ids (%o)', async (options) => {
    const shop = openOwnersShop()
    const [first, other] = [await shop.login('ada'), await shop.login('ada')]
    const now = await moved(shop.sessions, await moved(shop.sessions, first, options), options)
    const open = await visit(shop.sessions, now.id)
    expect(open.session.handle).toBe(first.handle)
    await open.commit()
    expect(await shop.sessions.revoke(first.handle, { userId: 'ada' })).toBe(true)
    expect(await shop.usersOf([now, other])).toEqual(['ended', 'ada'])
    // The ids that it had before lead nowhere either.
    for (const { id } of [first, now]) expect((await shop.sessions.start(id, { concurrency: 'readonly' })).userId).toBeUndefined()
  })

  it('ends its own session, as a request that only reads', async () => {
    const shop = openOwnersShop()
    const known = await shop.login('ada')
    const open = await visit(shop.sessions, known.id, { concurrency: 'readonly' })
    expect(await shop.sessions.revoke(open.session.handle ?? '-', { userId: 'ada' })).toBe(true)
    expect(await open.commit()).toEqual({ setCookie: undefined })
    expect(await shop.userOf(known)).toBe('ended')
  })
})

describe('a request that runs while its session is ended by its handle', () => {
  it('ASVS-7.4.1: onGone: anonymous: its response goes out without a cookie, and nothing of it is stored', async () => {
    const shop = openOwnersShop()
    const known = await shop.login('ada')
    const open = await visit(shop.sessions, known.id)
    open.session.set('n', 9)
    await shop.sessions.revoke(known.handle, { userId: 'ada' })
    expect(await open.commit()).toEqual({ setCookie: undefined })
    expect(await handlesOf(shop.sessions)).toEqual([])
    expect(shop.events.filter(({ kind }) => kind === 'refused')).toEqual([expect.objectContaining({ reason: 'gone' })])
    await shop.idle()
  })

  it('ASVS-7.4.1: onGone: throw: it fails, and gives the lock back', async () => {
    const shop = openOwnersShop({ onGone: 'throw' })
    const known = await shop.login('ada')
    const open = await visit(shop.sessions, known.id)
    open.session.set('n', 9)
    await shop.sessions.revoke(known.handle, { userId: 'ada' })
    expect(await codeOf(Promise.resolve(open.commit()))).toBe('ERR_SESSION_GONE')
    expect(await handlesOf(shop.sessions)).toEqual([])
    await shop.idle()
  })

  it.each(WAYS)('ASVS-7.4.1: brings nothing back by a save, a new id (%o), or another save', async (options) => {
    const shop = openOwnersShop()
    const known = await shop.login('ada')
    const session = await shop.sessions.start(known.id)
    await session.save({ keepOpen: true })
    await shop.sessions.revoke(known.handle)
    session.set('n', 1)
    expect(await codeOf(session.save({ keepOpen: true }))).toBe('ERR_SESSION_GONE')
    await session.regenerate(options).catch(() => undefined)
    expect(await codeOf(session.save())).toBe('ERR_SESSION_GONE')
    expect(await handlesOf(shop.sessions)).toEqual([])
    await session.release()
    await shop.idle()
  })

  it('ASVS-7.4.1: lets the next in line find nobody’s session', async () => {
    const shop = openOwnersShop()
    const known = await shop.login('ada')
    const open = await visit(shop.sessions, known.id)
    open.session.set('n', 9)
    const waiting = [1, 2, 3].map(() => shop.sessions.run(known.id, (session) => session.userId))
    const elsewhere = shop.another().run(known.id, (session) => session.userId)
    await turns(2)
    await shop.sessions.revoke(known.handle)
    await open.commit()
    expect(await Promise.all([...waiting, elsewhere])).toEqual([undefined, undefined, undefined, undefined])
    expect(await handlesOf(shop.sessions)).toEqual([])
    await shop.idle()
  })

  it.each(WAYS)('ASVS-7.4.1: is ended also at the moment at which it takes a new id (%o)', async (options) => {
    const shop = openOwnersShop()
    const known = await shop.login('ada')
    const open = await visit(shop.sessions, known.id)
    await open.session.regenerate(options)
    let answer: boolean | undefined
    shop.driver.beforeNext('replace', async () => {
      answer = await shop.sessions.revoke(known.handle, { userId: 'ada' })
    })
    expect(await open.commit()).toEqual({ setCookie: undefined })
    expect([answer, await handlesOf(shop.sessions)]).toEqual([true, []])
    await shop.idle()
  })
})

describe('a session that takes a new id while it is ended by its handle', () => {
  it.each(WAYS)('ASVS-7.4.1: does not escape between the list and the end (%o)', async (options) => {
    const shop = openOwnersShop()
    const known = await shop.login('ada')
    let now = known
    // Twice: it is looked for again.
    for (let n = 0; n < 2; n++) {
      shop.driver.afterLists.push(async () => {
        now = await moved(shop.sessions, now, options)
      })
    }
    expect(await shop.sessions.revoke(known.handle, { userId: 'ada' })).toBe(true)
    expect([shop.driver.afterLists, await shop.userOf(now), await handlesOf(shop.sessions)]).toEqual([[], 'ended', []])
    await shop.idle()
  })

  it.each(['ada', undefined])('ASVS-7.4.1: does not escape to a page that was looked at before (of user %s)', async (userId) => {
    const shop = openOwnersShop()
    const known = await onTheLastPage(shop, 'ada')
    let now = known
    shop.driver.afterLists.push(async ({ cursor }) => {
      expect(cursor).toBeUndefined()
      const { cursor: passed = '' } = await shop.memory.list({ limit: 100 })
      do now = await moved(shop.sessions, now)
      while (keyOf(now.id) > passed)
    })
    const answer = await shop.sessions.revoke(known.handle, userId === undefined ? {} : { userId })
    expect([answer, await shop.userOf(now)]).toEqual([true, 'ended'])
  })

  it('ASVS-7.4.1: does not escape by moving on in the midst of each of three lists', async () => {
    const shop = openOwnersShop()
    for (let n = 0; n < 130; n++) await shop.login('bob')
    const known = await shop.login('ada')
    let now = known
    const moveTo = (isThere: (key: string) => boolean) => async (): Promise<void> => {
      do now = await moved(shop.sessions, now)
      while (!isThere(keyOf(now.id)))
    }
    // In two pages of a hundred, with the ids that it leaves behind: surely on the first, and surely on the second.
    const [behind, ahead] = [moveTo((key) => key < '4'), moveTo((key) => key > 'd')]
    await ahead()
    shop.driver.afterLists.push(behind, ahead, behind, ahead, behind)
    expect(await shop.sessions.revoke(known.handle)).toBe(true)
    expect(await shop.userOf(now)).toBe('ended')
  })

  it('says so where it moves on and on', async () => {
    const shop = openOwnersShop()
    const known = await shop.login('ada')
    let now = known
    for (let n = 0; n < 50; n++) {
      shop.driver.afterLists.push(async () => {
        now = await moved(shop.sessions, now)
      })
    }
    expect(await codeOf(shop.sessions.revoke(known.handle, { userId: 'ada' }))).toBe('ERR_SESSION_DRIVER_FAILED')
    shop.driver.afterLists.length = 0
    expect(await shop.sessions.revoke(known.handle, { userId: 'ada' })).toBe(true)
    expect(await shop.userOf(now)).toBe('ended')
  })
})

describe('ending by a handle, refused or failed', () => {
  it.each([undefined, null])('a user id that is given and is %s: it would end anybody’s', async (userId) => {
    const shop = openOwnersShop()
    const known = await shop.login('ada')
    expect(await codeOf(shop.sessions.revoke(known.handle, { userId } as never))).toBe('ERR_SESSION_INVALID_ARGUMENT')
    expect(await shop.userOf(known)).toBe('ada')
  })

  it.each(['', undefined, null, 7, {}, ['a']])('a handle that is none: %j', async (handle) => {
    const shop = openOwnersShop()
    const known = await shop.login('ada')
    expect(await codeOf(shop.sessions.revoke(handle as never))).toBe('ERR_SESSION_INVALID_ARGUMENT')
    expect(await shop.userOf(known)).toBe('ada')
  })

  it.each([{ user: 'ada' }, { limit: 1 }, null, 'ada'])('options that are none: %j', async (options) => {
    const shop = openOwnersShop()
    const known = await shop.login('ada')
    expect(await codeOf(shop.sessions.revoke(known.handle, options as never))).toBe('ERR_SESSION_CONFIG')
    expect(await shop.userOf(known)).toBe('ada')
  })

  it('fails as the store does, and can be tried again', async () => {
    const shop = openOwnersShop()
    const known = await shop.login('ada')
    shop.driver.failNext('destroy')
    expect(await codeOf(shop.sessions.revoke(known.handle))).toBe('ERR_SESSION_DRIVER_FAILED')
    expect(await shop.sessions.revoke(known.handle)).toBe(true)
    expect(await shop.userOf(known)).toBe('ended')
  })
})
