import { describe, expect, it } from 'vitest'
import { SessionError } from '../../src/session/errors.ts'
import { handlesIn, handlesOf, moved, openOwnersShop } from '../support/owners-shop.ts'
import type { Known, OwnersShop } from '../support/owners-shop.ts'
import { codeOf, idIn, keyOf, visit } from './support/shop.ts'

const USERS = ['ada', 'bob', undefined] as const

async function crowd(shop: OwnersShop, count: number): Promise<Known[]> {
  const known: Known[] = []
  for (let n = 0; n < count; n++) known.push(await shop.login(USERS[n % USERS.length]))
  return known
}

/** Lets a session take new ids until the list, which has passed this key, does not show it any more. */
async function movedBehind(shop: OwnersShop, known: Known, passed: string): Promise<Known> {
  let now = known
  do now = await moved(shop.sessions, now)
  while (keyOf(now.id) > passed)
  return now
}

describe('ending the sessions of all', () => {
  it('ASVS-7.4.5: ends everyone’s, nobody’s too, however many there are', async () => {
    const shop = openOwnersShop()
    const known = await crowd(shop, 250)
    expect(await shop.sessions.revokeAll()).toBe(250)
    expect(new Set(await shop.usersOf(known))).toEqual(new Set(['ended']))
    expect(await handlesOf(shop.sessions)).toEqual([])
    expect(await shop.sessions.revokeAll()).toBe(0)
  })

  it('ASVS-7.4.1: lets no request that still runs store anything', async () => {
    const shop = openOwnersShop()
    const known = await crowd(shop, 3)
    const open = await Promise.all(known.map(({ id }) => visit(shop.another(), id)))
    for (const { session } of open) session.set('n', 9)
    await open[1]?.session.regenerate()
    await open[2]?.session.regenerate({ destroy: true })
    open[2]?.session.setUserId('ada')
    await shop.sessions.revokeAll()
    for (const one of open) expect(await one.commit()).toEqual({ setCookie: undefined })
    expect(await handlesOf(shop.sessions)).toEqual([])
    await shop.idle()
  })

  it('ASVS-7.4.5: ends everyone’s also where what one of them holds is damaged', async () => {
    const shop = openOwnersShop()
    const known = await crowd(shop, 3)
    shop.driver.failNext('read', SessionError.unreadable(keyOf(known[0]?.id ?? ''), 'it is damaged'))
    expect(await shop.sessions.revokeAll()).toBe(3)
    expect(await shop.usersOf(known)).toEqual(known.map(() => 'ended'))
  })

  it('counts none that had expired', async () => {
    const shop = openOwnersShop({ lifetime: { idleSeconds: 100 } })
    await crowd(shop, 3)
    shop.clock.advance(100_000)
    await shop.login('ada')
    expect(await shop.sessions.revokeAll()).toBe(1)
  })

  it.each([1, 500, 1000, 5000])('ASVS-7.4.5: ends those that began just before the store’s clock was set back by %d ms', async (ms) => {
    const shop = openOwnersShop()
    const known = await crowd(shop, 6)
    shop.clock.advance(-ms)
    await shop.sessions.revokeAll()
    expect(await shop.usersOf(known)).toEqual(known.map(() => 'ended'))
  })

  it('ASVS-7.4.5: ends those that take new ids meanwhile, and those whose users log in', async () => {
    const shop = openOwnersShop()
    let [rotating, loggingIn] = [await shop.login('ada'), await shop.login(undefined)]
    for (let n = 0; n < 3; n++) {
      shop.driver.afterLists.push(async () => {
        rotating = await moved(shop.sessions, rotating)
        const open = await visit(shop.sessions, loggingIn.id)
        await open.session.regenerate({ destroy: true })
        open.session.setUserId(`user ${n}`)
        loggingIn = { ...loggingIn, id: idIn((await open.commit()).setCookie) ?? '-' }
      })
    }
    expect(await shop.sessions.revokeAll()).toBe(2)
    expect([shop.driver.afterLists, await shop.usersOf([rotating, loggingIn])]).toEqual([[], ['ended', 'ended']])
    expect(await handlesOf(shop.sessions)).toEqual([])
    await shop.idle()
  })

  it.each(['the oldest', 'the newest'])('ASVS-7.4.5: ends %s also where it moves to a page that was looked at before', async (which) => {
    const shop = openOwnersShop()
    await crowd(shop, 150)
    // Begun before all others or after them, under a key on the last page.
    let now: Known | undefined
    for (let tries = 0; now === undefined && tries < 10_000; tries++) {
      shop.clock.advance(which === 'the oldest' ? -5000 : 1000)
      const known = await shop.login('eve')
      if (keyOf(known.id) > 'f0') now = known
      else await shop.sessions.revoke(known.handle, { userId: 'eve' })
    }
    if (now === undefined) throw new Error('no session stands last')
    const { cursor: passed = '' } = await shop.memory.list({ limit: 100 })
    expect(keyOf(now.id) > passed).toBe(true)
    shop.driver.afterLists.push(async () => {
      if (now !== undefined) now = await movedBehind(shop, now, passed)
    })
    expect(await shop.sessions.revokeAll()).toBe(151)
    expect(await shop.userOf(now)).toBe('ended')
  })
})

describe('ending the sessions of all, of whom only one is left', () => {
  it('ASVS-7.4.5: ends it also where it moves to a page that was looked at before', async () => {
    const shop = openOwnersShop()
    // Ids that were replaced fill the pages.
    for (let n = 0; n < 150; n++) {
      const known = await moved(shop.sessions, await shop.login('bob'))
      await shop.sessions.revoke(known.handle, { userId: 'bob' })
    }
    const { cursor: passed = '' } = await shop.memory.list()
    let now = await shop.login('ada')
    while (keyOf(now.id) <= passed) now = await moved(shop.sessions, now)
    shop.driver.forget()
    shop.driver.afterLists.push(async ({ cursor }) => {
      expect(cursor).toBeUndefined()
      now = await movedBehind(shop, now, passed)
    })
    expect(await shop.sessions.revokeAll()).toBe(1)
    expect(await shop.userOf(now)).toBe('ended')
  })
})

describe('visitors who come while the sessions of all are ended', () => {
  it('may stay', async () => {
    const shop = openOwnersShop()
    const known = await crowd(shop, 150)
    const visitors: Known[] = []
    for (let n = 0; n < 3; n++) {
      shop.driver.afterLists.push(async () => {
        shop.clock.advance(1)
        visitors.push(await shop.login(USERS[n % USERS.length]))
      })
    }
    // While it looks for the first time nobody can tell a visitor from those who were there: these may go.
    const ended = await shop.sessions.revokeAll()
    expect(ended).toBeGreaterThanOrEqual(known.length)
    expect(ended).toBeLessThanOrEqual(known.length + 2)
    expect(new Set(await shop.usersOf(known))).toEqual(new Set(['ended']))
    expect(visitors).toHaveLength(3)
    const left = await handlesOf(shop.sessions)
    expect(left).toEqual(handlesIn(visitors.slice(-left.length)))
    expect(left.length).toBeGreaterThanOrEqual(1)
  })

  it('do not keep it from coming to its end', async () => {
    const shop = openOwnersShop()
    const known = await crowd(shop, 3)
    for (let n = 0; n < 1000; n++) {
      shop.driver.beforeLists.push(async () => {
        shop.clock.advance(1)
        await shop.login('ada')
      })
    }
    await shop.sessions.revokeAll()
    expect(new Set(await shop.usersOf(known))).toEqual(new Set(['ended']))
    expect(shop.driver.lists.length).toBeLessThan(20)
  })
})

describe('ending the sessions of all, where the store fails', () => {
  it.each(['list', 'read', 'destroy'] as const)('fails as %s does, and goes on when it is called again', async (method) => {
    const shop = openOwnersShop()
    await crowd(shop, 5)
    if (method !== 'list') shop.driver.failNext(method)
    else shop.driver.beforeLists.push(() => Promise.reject(new TypeError('a fault of the driver')))
    expect(await codeOf(shop.sessions.revokeAll())).toBeDefined()
    expect(await shop.sessions.revokeAll()).toBe(5)
    expect(await handlesOf(shop.sessions)).toEqual([])
  })
})
