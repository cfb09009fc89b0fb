import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { makeGuardedFolder, removeGuardedFolder } from '../../proof/faults/guard.ts'
import { DatabaseDriver } from '../../src/drivers/database/database-driver.ts'
import { DatabaseStore } from '../../src/drivers/database/database-store.ts'
import { beforeNextCall } from '../support/owners-hooks.ts'
import { ownersSuite } from '../support/owners-suite.ts'

ownersSuite(
  'DatabaseDriver over node:sqlite',
  async () => {
    const folder = makeGuardedFolder('owners-sqlite')
    const clients: DatabaseSync[] = []
    const connected = (): DatabaseSync => {
      const client = new DatabaseSync(join(folder, 'sessions.db'), { timeout: 5000 })
      client.exec('PRAGMA journal_mode = WAL')
      clients.push(client)
      return client
    }
    await new DatabaseDriver({ client: connected() }).migrate()
    return {
      connect: () => new DatabaseDriver({ client: connected() }),
      remove: () => {
        for (const client of clients) client.close()
        removeGuardedFolder(folder)
      },
    }
  },
  { betweenLookAndWrite: (step, hook) => beforeNextCall(DatabaseStore.prototype, step, hook) },
)
