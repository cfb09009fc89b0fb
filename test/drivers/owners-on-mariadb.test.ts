import mysql from 'mysql2/promise'
import { afterAll, beforeAll } from 'vitest'
import { DatabaseDriver } from '../../src/drivers/database/database-driver.ts'
import { DatabaseStore } from '../../src/drivers/database/database-store.ts'
import { mariaDbForTests } from '../support/mariadb-server.ts'
import { describeNeeding } from '../support/needs.ts'
import { beforeNextCall } from '../support/owners-hooks.ts'
import { ownersSuite } from '../support/owners-suite.ts'
import type { ServerForTests } from '../support/sql-server.ts'

describeNeeding('mariadb', 'on MariaDB', () => {
  let server: ServerForTests
  let admin: mysql.Pool
  let tables = 0

  beforeAll(async () => {
    server = await mariaDbForTests()
    admin = mysql.createPool({ uri: server.url, connectionLimit: 2 })
  })
  afterAll(async () => {
    await admin.end()
    await server.stop()
  })

  ownersSuite(
    'DatabaseDriver over mysql2',
    async () => {
      const table = `owners_${process.pid}_${(tables += 1)}`
      const pools: mysql.Pool[] = []
      await new DatabaseDriver({ client: admin, table }).migrate()
      return {
        connect: () => {
          const client = mysql.createPool({ uri: server.url, connectionLimit: 3 })
          pools.push(client)
          return new DatabaseDriver({ client, table })
        },
        remove: async () => {
          await Promise.all(pools.map((pool) => pool.end()))
          await admin.query(`DROP TABLE ${table}`)
        },
      }
    },
    { takesUpInOrder: false, betweenLookAndWrite: (step, hook) => beforeNextCall(DatabaseStore.prototype, step, hook) },
  )
})
