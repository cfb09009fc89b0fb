import { expect, it } from 'vitest'
import { revokeEverybody } from '../../src/cli/commands/revoke-all.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import { OverlookingDriver } from '../support/overlooking-driver.ts'
import { loggedIn } from '../support/owners-shop.ts'

it.each([[[2]], [[2, 3]], [[3, 4]], [[2, 3, 4]]])('revoke --all ends a session that lists %j overlook', async (inLists) => {
  const driver = new OverlookingDriver()
  const sessions = new SessionManager({ driver, collectEverySeconds: 0 })
  const { id, handle } = await loggedIn(sessions, 'ada')
  for (let n = 0; n < 4; n++) await loggedIn(sessions, 'bob')
  // The first list is for the store's clock.
  driver.overlooks = { handle, inLists }
  expect(await revokeEverybody({ driver }, { yes: true }, new AbortController().signal)).toMatchObject({ revoked: 5 })
  expect((await sessions.start(id)).isNew).toBe(true)
})

it('revoke --all looks as often again when it has found one', async () => {
  const driver = new OverlookingDriver()
  const sessions = new SessionManager({ driver, collectEverySeconds: 0 })
  const { handle } = await loggedIn(sessions, 'ada')
  await loggedIn(sessions, 'bob')
  driver.overlooks = { handle, inLists: [2, 3, 4] }
  await revokeEverybody({ driver }, { yes: true }, new AbortController().signal)
  expect(driver.lists).toBe(9)
})
