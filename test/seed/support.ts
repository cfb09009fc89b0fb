import { FileDriver } from '../../src/drivers/file/file-driver.ts'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { openShop } from '../manager/support/shop.ts'
import type { Shop } from '../manager/support/shop.ts'
import type { Session } from '../../src/session/session.ts'
import { testClock } from '../../src/testing/test-clock.ts'
import type { TestClock } from '../../src/testing/test-clock.ts'
import { newFolder } from '../drivers/file/support.ts'

// The tests of this folder are the items of the seed, MonkeysLegion Session v2, that have no test elsewhere: each has its item's number,
// and tests what Holdfast has made of it. `grep -r S-142 test` finds any of them.

/** An open session of its own. */
export async function newSession(): Promise<Session> {
  return await openShop().sessions.start()
}

/** Runs one request after the other of one visitor, each with a session of its own, and answers with the last one's id. */
export async function requests({ sessions }: Shop, ...each: readonly ((session: Session) => unknown)[]): Promise<string> {
  let id = ''
  for (const handle of each) {
    await sessions.run(id, async (session) => {
      await handle(session)
      id = session.id
    })
  }
  return id
}

/** Runs the same test on each driver that there is, with a clock that stands still. */
export async function onEachDriver(run: (driver: FileDriver | MemoryDriver, clock: TestClock) => Promise<void>): Promise<void> {
  const clock = testClock()
  for (const driver of [new MemoryDriver({ clock: clock.now }), new FileDriver({ path: newFolder(), clock: clock.now })]) {
    await driver.open()
    try {
      await run(driver, clock)
    } finally {
      await driver.close()
    }
  }
}
