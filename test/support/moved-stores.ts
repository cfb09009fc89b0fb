import { rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { onTestFinished } from 'vitest'
import type { ListingDriver, LockingDriver, RewritingDriver } from '../../src/contracts/driver.ts'
import { DatabaseDriver } from '../../src/drivers/database/database-driver.ts'
import { FileDriver } from '../../src/drivers/file/file-driver.ts'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { testClock } from '../../src/testing/test-clock.ts'
import type { TestClock } from '../../src/testing/test-clock.ts'
import { makeFolder } from '../drivers/file/support.ts'

/** A store whose clock a test moves. */
export interface MovedStore {
  readonly driver: LockingDriver & ListingDriver & RewritingDriver
  readonly clock: TestClock
}

const UNIX_EPOCH_DAY = 2_440_587.5
const DAY_MS = 86_400_000

/** Every kind of store whose clock can be moved. */
export const movedStores = {
  memory: () => {
    const clock = testClock()
    const driver = new MemoryDriver({ clock: clock.now })
    return Promise.resolve({ driver, clock })
  },
  files: async () => {
    const clock = testClock()
    const path = makeFolder()
    onTestFinished(() => rmSync(path, { recursive: true, force: true }))
    const driver = new FileDriver({ path, clock: clock.now })
    await driver.open()
    onTestFinished(() => driver.close())
    return { driver, clock }
  },
  SQLite: async () => {
    const clock = testClock()
    const client = new DatabaseSync(':memory:')
    // The database's own clock, which no option of the driver can move.
    client.function('julianday', { varargs: true }, () => clock.now() / DAY_MS + UNIX_EPOCH_DAY)
    const driver = new DatabaseDriver({ client, table: 'sessions' })
    await driver.migrate()
    await driver.open()
    onTestFinished(async () => {
      await driver.close()
      client.close()
    })
    return { driver, clock }
  },
} as const satisfies Readonly<Record<string, () => Promise<MovedStore>>>
