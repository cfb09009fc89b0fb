import { rmSync } from 'node:fs'
import { FileDriver } from '../../src/drivers/file/file-driver.ts'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { describeNeeding } from '../support/needs.ts'
import { mariaDbStores } from '../support/stores/mariadb.ts'
import { postgresStores } from '../support/stores/postgres.ts'
import { redisStores } from '../support/stores/redis.ts'
import { sqliteStore } from '../support/stores/sqlite.ts'
import { watchSuite } from '../support/watch-suite.ts'
import { makeFolder } from './file/support.ts'

watchSuite('memory', () => {
  const driver = new MemoryDriver()
  return { connect: () => driver, remove: () => undefined }
})

watchSuite('files', () => {
  const path = makeFolder()
  return { connect: () => new FileDriver({ path }), remove: () => rmSync(path, { recursive: true, force: true }) }
})

watchSuite('SQLite', sqliteStore)

describeNeeding('postgres', 'on PostgreSQL', () => watchSuite('PostgreSQL', postgresStores()))

describeNeeding('mariadb', 'on MariaDB', () => watchSuite('MariaDB', mariaDbStores()))

describeNeeding('redis', 'on Redis', () => watchSuite('Redis', redisStores()))
