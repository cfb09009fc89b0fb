import type { ListingDriver } from '../contracts/driver.ts'
import type { StoreKey } from '../session/id.ts'
import type { SessionRecords } from './session-records.ts'

/** What can be said of all sessions of a driver that lists. */
export interface AllRecords {
  all(): Promise<unknown[]>
  count(): Promise<number>
  /** Ends them all. */
  clear(): Promise<void>
}

export function allRecords(driver: ListingDriver, records: SessionRecords, ready: () => Promise<void>): AllRecords {
  const keys = async (): Promise<StoreKey[]> => {
    await ready()
    const found: StoreKey[] = []
    let cursor: string | undefined
    do {
      const page = await driver.list({ cursor })
      for (const { key } of page.sessions) found.push(key)
      cursor = page.cursor
    } while (cursor !== undefined)
    return found
  }
  return {
    all: async () => {
      const sessions: unknown[] = []
      for (const key of await keys()) {
        const found = await driver.read(key)
        if (found?.kind === 'record') sessions.push(await records.restore(key, found.record))
      }
      return sessions
    },
    count: async () => (await keys()).length,
    clear: async () => {
      for (const key of await keys()) await driver.destroy(key)
    },
  }
}
