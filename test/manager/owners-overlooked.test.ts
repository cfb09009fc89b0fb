import { describe, expect, it } from 'vitest'
import { SessionManager } from '../../src/manager/session-manager.ts'
import { OverlookingDriver } from '../support/overlooking-driver.ts'
import { loggedIn } from '../support/owners-shop.ts'

function opened(): { readonly driver: OverlookingDriver; readonly sessions: SessionManager } {
  const driver = new OverlookingDriver()
  return { driver, sessions: new SessionManager({ driver, collectEverySeconds: 0 }) }
}

describe('a session that lists overlook', () => {
  it.each([[[1]], [[1, 2]], [[1, 2, 3]]])('ASVS-7.4.1: %j, is ended by its handle', async (inLists) => {
    const { driver, sessions } = opened()
    const { id, handle } = await loggedIn(sessions, 'ada')
    await loggedIn(sessions, 'ada')
    driver.overlooks = { handle, inLists }
    expect(await sessions.revoke(handle, { userId: 'ada' })).toBe(true)
    expect((await sessions.start(id)).isNew).toBe(true)
  })

  it('ASVS-7.4.1: is looked for as often again when it was found', async () => {
    const { driver, sessions } = opened()
    const { handle } = await loggedIn(sessions, 'ada')
    driver.overlooks = { handle, inLists: [1, 2, 3] }
    await sessions.revoke(handle, { userId: 'ada' })
    expect(driver.lists).toBe(8)
  })

  it.each([[[1, 2]], [[2, 3, 4]], [[1, 2, 3, 4]]])('ASVS-7.4.5: %j, is ended with all others', async (inLists) => {
    const { driver, sessions } = opened()
    const { id, handle } = await loggedIn(sessions, 'ada')
    for (let n = 0; n < 4; n++) await loggedIn(sessions, 'bob')
    driver.overlooks = { handle, inLists }
    expect(await sessions.revokeAll()).toBe(5)
    expect((await sessions.start(id)).isNew).toBe(true)
  })

  it.each([[[1]], [[1, 2]], [[1, 2, 3]]])('ASVS-7.4.5: %j, is ended as the only one there is', async (inLists) => {
    const { driver, sessions } = opened()
    const { id, handle } = await loggedIn(sessions, 'ada')
    driver.overlooks = { handle, inLists }
    expect(await sessions.revokeAll()).toBe(1)
    expect((await sessions.start(id)).isNew).toBe(true)
  })
})
