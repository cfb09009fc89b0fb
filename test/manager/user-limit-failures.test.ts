import { describe, expect, it } from 'vitest'
import { handlesIn, handlesOf, loggedIn, openOwnersShop } from '../support/owners-shop.ts'
import type { Known, OwnersShop } from '../support/owners-shop.ts'
import { storeIsDown } from '../support/whole-spy.ts'
import { codeOf, keyOf, visit } from './support/shop.ts'

const REFUSE = { maxPerUser: { sessions: 1, whenReached: 'refuse' } } as const
const EVICT = { maxPerUser: { sessions: 1, whenReached: 'evict-oldest' } } as const
const steps = ['insert', 'commit', 'replace'] as const

/** What the login of ada answers; in a session that was nobody’s unless it is an insert. */
async function login(shop: OwnersShop, step: (typeof steps)[number]): Promise<unknown> {
  const known = step === 'insert' ? undefined : await shop.login(undefined)
  const open = await visit(shop.sessions, known?.id)
  if (step === 'replace') await open.session.regenerate({ destroy: true })
  open.session.setUserId('ada')
  return await codeOf(Promise.resolve(open.commit()))
}

/** Leaves a session under a second key, as one does who dies between the two steps of a change of id. */
async function leaveTwice(shop: OwnersShop, { id }: Known, n = 0): Promise<void> {
  const found = await shop.memory.read(keyOf(id))
  if (found?.kind !== 'record') throw new Error('it is not there')
  const durations = { idleMs: 7_200_000, absoluteMs: undefined }
  await shop.memory.insert(keyOf(`${n}`.repeat(40)), { ...found.record, durations, writeToken: 'a'.repeat(32) })
}

describe('a login under maxPerUser while the store fails', () => {
  it.each(steps)('is not stored where the sessions of its user cannot be counted before (by %s)', async (step) => {
    const shop = openOwnersShop(REFUSE)
    shop.driver.beforeLists.push(storeIsDown)
    expect(await login(shop, step)).toBe('ERR_SESSION_DRIVER_FAILED')
    expect(await handlesOf(shop.sessions, 'ada')).toEqual([])
    await shop.idle()
    expect(await shop.userOf(await shop.login('ada'))).toBe('ada')
  })

  it.each(steps)('refuse: leaves nothing where they cannot be counted afterwards: its request failed (by %s)', async (step) => {
    const shop = openOwnersShop(REFUSE)
    shop.driver.beforeLists.push(() => undefined, storeIsDown)
    expect(await login(shop, step)).toBe('ERR_SESSION_DRIVER_FAILED')
    expect(await handlesOf(shop.sessions, 'ada')).toEqual([])
    await shop.idle()
    // Else nobody could log in for as long as that session lives, and nobody has its id.
    expect(await shop.userOf(await shop.login('ada'))).toBe('ada')
  })

  it.each(steps)('evict-oldest: leaves nothing where they cannot be counted afterwards: its request failed (by %s)', async (step) => {
    const shop = openOwnersShop(EVICT)
    const known = await shop.login('ada')
    shop.driver.beforeLists.push(storeIsDown)
    expect(await login(shop, step)).toBe('ERR_SESSION_DRIVER_FAILED')
    expect(await handlesOf(shop.sessions, 'ada')).toEqual([known.handle])
    await shop.idle()
  })

  it('ASVS-7.1.2: keeps to the limit, or fails, where one that is too many cannot be ended at the first try', async () => {
    const shop = openOwnersShop(EVICT)
    await shop.login('ada')
    shop.driver.failNext('destroy')
    await Promise.allSettled([shop.login('ada')])
    expect(await handlesOf(shop.sessions, 'ada')).toHaveLength(1)
    await shop.idle()
  })

  it('ASVS-7.1.2: keeps to the limit where the login that is too many cannot be undone at the first try', async () => {
    const shop = openOwnersShop(REFUSE)
    shop.driver.afterNext('insert', async () => void (await loggedIn(shop.another({}), 'ada')))
    shop.driver.failNext('destroy')
    expect(await login(shop, 'insert')).toBeDefined()
    expect(await handlesOf(shop.sessions, 'ada')).toHaveLength(1)
    await shop.idle()
  })

  it.each([REFUSE, EVICT])('is not in its own way where the answer to its insert was lost, and it was sent again (%j)', async (options) => {
    const shop = openOwnersShop(options)
    shop.driver.loseAnswer('insert')
    const known = await shop.login('ada')
    expect(await shop.userOf(known)).toBe('ada')
    expect(shop.events.filter(({ kind }) => kind === 'refused')).toEqual([])
  })
})

describe('a session that a crash left under its old and its new key', () => {
  it('counts once: refuse', async () => {
    const shop = openOwnersShop({ maxPerUser: { sessions: 2, whenReached: 'refuse' } })
    const known = await shop.login('ada')
    await leaveTwice(shop, known)
    const second = await shop.login('ada')
    expect([...new Set(await handlesOf(shop.sessions, 'ada'))]).toEqual(handlesIn([known, second]))
  })

  it('counts once: evict-oldest ends none for a login that just fills the limit', async () => {
    const shop = openOwnersShop({ maxPerUser: { sessions: 3 } })
    const known = [await shop.login('ada'), await shop.login('ada')]
    shop.clock.advance(1000)
    await shop.sessions.run(known[1]?.id, (session) => session.set('n', 1))
    await leaveTwice(shop, known[1] ?? { id: '', handle: '' })
    known.push(await shop.login('ada'))
    expect([...new Set(await handlesOf(shop.sessions, 'ada'))]).toEqual(handlesIn(known))
    expect(shop.events).toEqual([])
  })

  it('is ended under both, by its handle, with its user, and with all', async () => {
    const shop = openOwnersShop()
    for (const end of [
      (handle: string) => shop.sessions.revoke(handle, { userId: 'ada' }),
      () => shop.sessions.revokeUser('ada'),
      () => shop.sessions.revokeAll(),
    ]) {
      const known = await shop.login('ada')
      await leaveTwice(shop, known, 1)
      await end(known.handle)
      expect(await handlesOf(shop.sessions)).toEqual([])
    }
  })
})
