import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { makeGuardedFolder, removeGuardedFolder } from '../../../proof/faults/guard.ts'
import { DatabaseDriver } from '../../../src/drivers/database/database-driver.ts'
import type { Store } from '../sealed-world.ts'

/** Makes a store on SQLite, in a file of its own. */
export async function sqliteStore(): Promise<Store> {
  const folder = makeGuardedFolder('stores-sqlite')
  const clients: DatabaseSync[] = []
  const connected = (): DatabaseSync => {
    const client = new DatabaseSync(join(folder, 'sessions.db'), { timeout: 5000 })
    client.exec('PRAGMA journal_mode = WAL')
    clients.push(client)
    return client
  }
  const admin = connected()
  await new DatabaseDriver({ client: admin }).migrate()
  return {
    connect: () => new DatabaseDriver({ client: connected() }),
    raw: async (key) => Buffer.from(JSON.stringify(admin.prepare('SELECT * FROM sessions WHERE session_id = ?').all(key))),
    remove: () => {
      for (const client of clients) client.close()
      removeGuardedFolder(folder)
    },
  }
}
