import { onTestFinished } from 'vitest'
import type { ListingDriver, LockingDriver, RewritingDriver } from '../../src/contracts/driver.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import type { Options } from '../manager/support/shop.ts'
import { OwnersSpy, notedEvents } from './owners-shop.ts'
import type { NotedEvent } from './owners-shop.ts'

type WholeDriver = LockingDriver & ListingDriver & RewritingDriver

/** A store of its own for one test. */
export interface OwnersStore {
  /** A driver on this store: another one each time, as another process has it. */
  readonly connect: () => WholeDriver | Promise<WholeDriver>
  /** Removes it when the test is over. Drivers are closed before. */
  readonly remove: () => void | Promise<void>
}

/** One process with the store. */
export interface OwnersProcess {
  readonly sessions: SessionManager
  readonly driver: OwnersSpy
  readonly events: NotedEvent[]
}

export interface OwnersWorld {
  readonly deploy: (options?: Options) => Promise<OwnersProcess>
  /** The drivers of two processes, for who makes managers of their own. */
  readonly two: () => Promise<readonly [WholeDriver, WholeDriver]>
}

/** Makes a store and processes over it. All is removed when the test is over. */
export async function openOwnersWorld(open: () => OwnersStore | Promise<OwnersStore>): Promise<OwnersWorld> {
  const store = await open()
  const managers: SessionManager[] = []
  const drivers: WholeDriver[] = []
  onTestFinished(async () => {
    for (const manager of managers) await manager.close({ waitSeconds: 1 })
    for (const driver of drivers) await driver.close()
    await store.remove()
  })
  const connected = async (): Promise<WholeDriver> => {
    const driver = await store.connect()
    drivers.push(driver)
    await driver.open()
    return driver
  }
  return {
    deploy: async (options = {}) => {
      const driver = new OwnersSpy(await connected())
      const sessions = new SessionManager({ driver, collectEverySeconds: 0, ...options })
      managers.push(sessions)
      return { sessions, driver, events: notedEvents(sessions, ['revoked', 'limit', 'refused']) }
    },
    two: async () => [await connected(), await connected()],
  }
}
