import { expect, it } from 'vitest'
import type { Destroyed } from '../../src/contracts/driver.ts'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import type { StoreKey } from '../../src/session/id.ts'
import { codeOf, keyOf } from './support/shop.ts'

/** A store in which one session does not end. */
class Stubborn extends MemoryDriver {
  stays: StoreKey | undefined

  override destroy(key: StoreKey): Promise<Destroyed> {
    return key === this.stays ? Promise.resolve({ kind: 'nothing' }) : super.destroy(key)
  }
}

it('ASVS-7.1.2: a login is undone, and says so, where those that are too many do not end', async () => {
  const driver = new Stubborn()
  const sessions = new SessionManager({ driver, maxPerUser: { sessions: 1 } })
  const logIn = async (): Promise<string> => {
    const session = await sessions.start()
    session.setUserId('ada')
    await session.save()
    return session.id
  }
  driver.stays = keyOf(await logIn())
  expect(await codeOf(logIn())).toBe('ERR_SESSION_DRIVER_FAILED')
  expect((await sessions.list({ userId: 'ada' })).sessions).toHaveLength(1)
})
