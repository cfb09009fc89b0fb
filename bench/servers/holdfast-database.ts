import { DatabaseDriver } from '../../src/drivers/database/database-driver.ts'
import type { DatabaseDriverOptions } from '../../src/drivers/database/database-driver.ts'
import type { Candidate } from '../harness/candidate.ts'
import { closing } from './closing.ts'
import { holdfastApp, holdfastMerging, holdfastUnlocked } from './holdfast-app.ts'

/** Holdfast over a table that is made if it is missing. `end` ends the client. */
export async function lockedOver(options: DatabaseDriverOptions, end: () => unknown): Promise<Candidate> {
  return closing(holdfastApp(await migrated(options)), end)
}

/** The same without the lock. */
export async function unlockedOver(options: DatabaseDriverOptions, end: () => unknown): Promise<Candidate> {
  return closing(holdfastUnlocked(await migrated(options)), end)
}

/** The same with `concurrency: 'merge'`. */
export async function mergingOver(options: DatabaseDriverOptions, end: () => unknown): Promise<Candidate> {
  return closing(holdfastMerging(await migrated(options)), end)
}

async function migrated(options: DatabaseDriverOptions): Promise<DatabaseDriver> {
  const driver = new DatabaseDriver(options)
  await driver.migrate()
  return driver
}
