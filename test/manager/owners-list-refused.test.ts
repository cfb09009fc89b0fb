import { describe, expect, it } from 'vitest'
import type { ListOptions, ListPage, ListedSession } from '../../src/contracts/driver.ts'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import { OwnersSpy, everyPage, loggedIn, openOwnersShop } from '../support/owners-shop.ts'
import { codeOf, failureOf } from './support/shop.ts'

describe('what a list refuses', () => {
  it.each([undefined, null])('a user id that is given and is %s: it would show everybody’s', async (userId) => {
    const shop = openOwnersShop()
    await shop.login('ada')
    expect(await codeOf(shop.sessions.list({ userId } as never))).toBe('ERR_SESSION_INVALID_ARGUMENT')
    expect(shop.driver.lists).toEqual([])
  })

  it.each(['', Number.NaN, 1.5, {}, ['ada'], 'a\n', 'x'.repeat(256)])('a user id that nobody can have: %j', async (userId) => {
    const shop = openOwnersShop()
    expect(await codeOf(shop.sessions.list({ userId } as never))).toBe('ERR_SESSION_INVALID_ARGUMENT')
    expect(shop.driver.lists).toEqual([])
  })

  it.each([0, -1, 1001, 1.5, Number.NaN, Infinity, '10', null])('a limit of %j', async (limit) => {
    const shop = openOwnersShop()
    expect(await codeOf(shop.sessions.list({ limit } as never))).toBe('ERR_SESSION_INVALID_ARGUMENT')
    expect(shop.driver.lists).toEqual([])
  })

  it.each([5, {}, ['a'], true])('a cursor that is no text: %j', async (cursor) => {
    const shop = openOwnersShop()
    await shop.login('ada')
    expect(await codeOf(shop.sessions.list({ userId: 'ada', cursor } as never))).toBe('ERR_SESSION_INVALID_ARGUMENT')
  })

  it.each([{ user: 'ada' }, { userid: 'ada' }, { page: 2 }])('an option that is not known: %j', async (options) => {
    const shop = openOwnersShop()
    expect(await codeOf(shop.sessions.list(options as never))).toBe('ERR_SESSION_CONFIG')
  })

  it.each([null, 'ada', 7, ['ada']])('options that are none: %j', async (options) => {
    const shop = openOwnersShop()
    expect(await codeOf(shop.sessions.list(options as never))).toBe('ERR_SESSION_CONFIG')
  })
})

it('what is no user id is refused in the name of what was called', async () => {
  const { sessions } = openOwnersShop()
  const failures = await Promise.all(
    [sessions.list({ userId: '' }), sessions.revoke('a', { userId: 1.5 }), sessions.revokeUser(''), sessions.revokeUser('a\n')].map(
      failureOf,
    ),
  )
  const why = 'a user id must be a text of 1 to 255 printable characters, or a safe integer.'
  expect(failures).toMatchObject(['list', 'revoke', 'revokeUser', 'revokeUser'].map((method) => ({ message: `${method}: ${why}` })))
})

describe('a list where ids are not hashed', () => {
  it('looks at each session a few times, and not at each for each', async () => {
    let looks = 0
    class CountingSpy extends OwnersSpy {
      override async list(options?: ListOptions): Promise<ListPage> {
        const { sessions, cursor } = await super.list(options)
        const get = (session: ListedSession, name: string): unknown => {
          looks += 1
          return Reflect.get(session, name)
        }
        return { sessions: sessions.map((session) => new Proxy(session, { get })), cursor }
      }
    }
    const sessions = new SessionManager({ driver: new CountingSpy(new MemoryDriver()), hashIds: false })
    for (let n = 0; n < 1000; n++) await loggedIn(sessions, 'ada')
    const shown = (await everyPage(sessions, { limit: 10 })).flat()
    expect(shown).toHaveLength(1000)
    expect(looks).toBeLessThan(100 * shown.length)
  })
})
