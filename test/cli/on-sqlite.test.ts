import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { DatabaseDriver } from '../../src/drivers/database/database-driver.ts'
import { commandSuite } from './suite.ts'

commandSuite('SQLite', (folder) => {
  const path = join(folder, 'sessions.db')
  return {
    config: { driver: 'database', database: { url: `sqlite:${path}` } },
    connect: () => new DatabaseDriver({ client: new DatabaseSync(path) }),
  }
})
