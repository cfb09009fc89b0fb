import { DatabaseDriver } from '../../src/drivers/database/database-driver.ts'
import type { DatabaseDriverOptions } from '../../src/drivers/database/database-driver.ts'
import type { Candidate } from '../harness/candidate.ts'
import { holdfastApp, holdfastUnlocked } from './holdfast-app.ts'

/** Holdfast over a table that is made if it is missing. `end` ends the client. */
export async function lockedOver(options: DatabaseDriverOptions, end: () => unknown): Promise<Candidate> {
  return ending(holdfastApp(await migrated(options)), end)
}

/** The same without the lock. */
export async function unlockedOver(options: DatabaseDriverOptions, end: () => unknown): Promise<Candidate> {
  return ending(holdfastUnlocked(await migrated(options)), end)
}

/** Ends a client that the driver was given when the application ends. */
export function ending({ listener, close }: Candidate, end: () => unknown): Candidate {
  return {
    listener,
    close: async () => {
      await close?.()
      await end()
    },
  }
}

async function migrated(options: DatabaseDriverOptions): Promise<DatabaseDriver> {
  const driver = new DatabaseDriver(options)
  await driver.migrate()
  return driver
}
