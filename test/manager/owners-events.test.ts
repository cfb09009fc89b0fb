import { describe, expect, it } from 'vitest'
import type { SessionEventKind } from '../../src/contracts/events.ts'
import { handlesOf, notedEvents, openOwnersShop } from '../support/owners-shop.ts'
import type { OwnersShop } from '../support/owners-shop.ts'
import { turns } from './support/idle.ts'
import { codeOf, gate, visit } from './support/shop.ts'

const ALL: readonly SessionEventKind[] = ['created', 'committed', 'destroyed', 'discarded', 'revoked', 'limit', 'refused', 'trouble']

/** Three sessions of ada, one of bob, and what is told from now on. */
async function watched(shop: OwnersShop) {
  const ada = [await shop.login('ada'), await shop.login('ada'), await shop.login('ada')] as const
  const bob = await shop.login('bob')
  return { ada, bob, events: notedEvents(shop.sessions, ALL), elsewhere: notedEvents(shop.another(), ALL) }
}

describe('a revoked event', () => {
  it('says once that a session was ended by its handle', async () => {
    const shop = openOwnersShop()
    const { ada, bob, events, elsewhere } = await watched(shop)
    await shop.sessions.revoke(ada[0].handle, { userId: 'ada' })
    expect(events).toEqual([{ kind: 'revoked', key: undefined, reason: 'handle', userId: 'ada', removed: 1 }])
    await shop.sessions.revoke(bob.handle)
    expect(events.slice(1)).toEqual([expect.objectContaining({ kind: 'revoked', reason: 'handle', removed: 1 })])
    expect(elsewhere).toEqual([])
  })

  it('is none where there was no session, or one of another user', async () => {
    const shop = openOwnersShop()
    const { ada, events } = await watched(shop)
    await shop.sessions.revoke('f'.repeat(24))
    await shop.sessions.revoke(ada[0].handle, { userId: 'bob' })
    expect(events).toEqual([])
  })

  it('says once that the others of a session were ended, and how many', async () => {
    const shop = openOwnersShop()
    const { ada, events } = await watched(shop)
    const open = await visit(shop.sessions, ada[1].id)
    await shop.sessions.revokeOthers(open.session)
    expect(events).toEqual([{ kind: 'revoked', key: undefined, reason: 'others', userId: 'ada', removed: 2 }])
    await open.commit()
  })

  it('says that the others were ended also where the session itself is not stored yet', async () => {
    const shop = openOwnersShop()
    const { events } = await watched(shop)
    const open = await visit(shop.sessions)
    open.session.setUserId('ada')
    await shop.sessions.revokeOthers(open.session)
    expect(events).toEqual([{ kind: 'revoked', key: undefined, reason: 'others', userId: 'ada', removed: 3 }])
  })

  it('says once that all sessions of a user were ended, whose id it gives as text', async () => {
    const shop = openOwnersShop()
    await shop.login(7)
    const { events } = await watched(shop)
    await shop.sessions.revokeUser('ada')
    await shop.sessions.revokeUser(7)
    expect(events).toEqual([
      { kind: 'revoked', key: undefined, reason: 'user', userId: 'ada', removed: 3 },
      { kind: 'revoked', key: undefined, reason: 'user', userId: '7', removed: 1 },
    ])
  })

  it('says once that everybody’s were ended', async () => {
    const shop = openOwnersShop()
    const { events } = await watched(shop)
    await shop.sessions.revokeAll()
    expect(events).toEqual([{ kind: 'revoked', key: undefined, reason: 'all', userId: undefined, removed: 4 }])
  })

  it('is none where nobody had a session: nothing was ended', async () => {
    const shop = openOwnersShop()
    const known = await shop.login('ada')
    const open = await visit(shop.sessions, known.id)
    await shop.sessions.revokeOthers(open.session)
    await shop.sessions.revokeUser('bob')
    await open.session.destroy()
    await shop.sessions.revokeAll()
    expect(shop.events).toEqual([])
  })

  it('is none where the store failed before anything was ended', async () => {
    const shop = openOwnersShop()
    const { ada, events } = await watched(shop)
    const fails = (): never => {
      throw new TypeError('a fault of the driver')
    }
    shop.driver.beforeLists.push(fails, fails)
    shop.driver.beforeRevokes.push(fails)
    for (const asked of [shop.sessions.revoke(ada[0].handle), shop.sessions.revokeAll(), shop.sessions.revokeUser('ada')]) {
      expect(await codeOf(asked)).toBeDefined()
    }
    expect(events).toEqual([])
    expect(await handlesOf(shop.sessions)).toHaveLength(4)
  })

  it('tells of what was ended also where the store failed afterwards', async () => {
    const shop = openOwnersShop()
    const { events } = await watched(shop)
    shop.driver.afterNext('destroy', () => undefined)
    shop.driver.afterNext('destroy', () => shop.driver.failNext('destroy'))
    expect(await codeOf(shop.sessions.revokeAll())).toBe('ERR_SESSION_DRIVER_FAILED')
    expect(await handlesOf(shop.sessions)).toHaveLength(2)
    expect(events).toEqual([{ kind: 'revoked', key: undefined, reason: 'all', userId: undefined, removed: 2 }])
  })
})

describe('a listener that throws', () => {
  it.each(['throws', 'rejects'])('and %s stops neither a revocation nor the other listeners', async (how) => {
    const shop = openOwnersShop()
    const { ada } = await watched(shop)
    const told: string[] = []
    shop.sessions.on('revoked', () => {
      if (how === 'rejects') return Promise.reject(new Error('of the listener')) as never
      throw new Error('of the listener')
    })
    shop.sessions.on('revoked', ({ reason }) => void told.push(reason))
    const open = await visit(shop.sessions, ada[0].id)
    expect(await shop.sessions.revoke(ada[1].handle)).toBe(true)
    expect(await shop.sessions.revokeOthers(open.session)).toBe(1)
    expect(await shop.sessions.revokeUser('ada')).toBe(1)
    expect(await shop.sessions.revokeAll()).toBe(1)
    expect(told).toEqual(['handle', 'others', 'user', 'all'])
    await open.commit()
    await shop.idle()
  })
})

describe('closing a manager', () => {
  const asks = {
    list: (shop: OwnersShop) => shop.sessions.list({ userId: 'ada' }),
    revoke: (shop: OwnersShop, handle: string) => shop.sessions.revoke(handle),
    revokeAll: (shop: OwnersShop) => shop.sessions.revokeAll(),
    revokeUser: (shop: OwnersShop) => shop.sessions.revokeUser('ada'),
    revokeOthers: (shop: OwnersShop) => shop.sessions.revokeOthers({ userId: 'ada', handle: undefined }),
  }

  it.each(Object.entries(asks))('waits for a %s that runs, and closes the driver then', async (_, ask) => {
    const shop = openOwnersShop()
    const { ada } = await watched(shop)
    shop.driver.forget()
    const wall = gate()
    shop.driver.beforeLists.push(() => wall.opened)
    shop.driver.beforeRevokes.push(() => wall.opened)
    const asked = ask(shop, ada[0].handle)
    await turns(2)
    let isClosed = false
    const closing = shop.sessions.close({ waitSeconds: 0 }).then(() => {
      isClosed = true
    })
    await turns(5)
    expect([isClosed, shop.driver.methods]).toEqual([false, []])
    wall.open()
    expect(await asked).toBeTruthy()
    await closing
    expect(shop.driver.methods.at(-1)).toBe('close')
  })

  it.each(Object.entries(asks))('refuses a %s from the moment that it was called', async (_, ask) => {
    const shop = openOwnersShop()
    const { ada } = await watched(shop)
    const closing = shop.sessions.close()
    shop.driver.forget()
    expect(await codeOf(ask(shop, ada[0].handle))).toBe('ERR_SESSION_DRIVER_FAILED')
    await closing
    expect(await codeOf(ask(shop, ada[0].handle))).toBe('ERR_SESSION_DRIVER_FAILED')
    expect([shop.driver.lists, await shop.usersOf(ada)]).toEqual([[], ['ada', 'ada', 'ada']])
  })

  it('waits for a login whose user’s sessions are still counted', async () => {
    const shop = openOwnersShop({ maxPerUser: { sessions: 1 } })
    const [first, anonymous] = [await shop.login('ada'), await shop.login(undefined)]
    shop.driver.forget()
    const wall = gate()
    shop.driver.beforeLists.push(
      () => undefined,
      () => wall.opened,
    )
    const open = await visit(shop.sessions, anonymous.id)
    open.session.setUserId('ada')
    const login = Promise.resolve(open.commit())
    await turns(5)
    const closing = shop.sessions.close()
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(shop.driver.methods).toEqual(['acquire', 'commit'])
    wall.open()
    await login
    await closing
    expect([shop.driver.methods.at(-1), await shop.usersOf([first, anonymous])]).toEqual(['close', ['ended', 'ada']])
  })

  it('lets a list that failed not keep it from closing', async () => {
    const shop = openOwnersShop()
    const wall = gate()
    shop.driver.beforeLists.push(async () => {
      await wall.opened
      throw new TypeError('a fault of the driver')
    })
    const asked = codeOf(shop.sessions.list())
    await turns(2)
    const closing = shop.sessions.close()
    wall.open()
    expect(await asked).toBeInstanceOf(TypeError)
    await closing
  })
})
