import pg from 'pg'
import { afterAll, beforeAll } from 'vitest'
import { DatabaseDriver } from '../../src/drivers/database/database-driver.ts'
import { DatabaseStore } from '../../src/drivers/database/database-store.ts'
import { describeNeeding } from '../support/needs.ts'
import { beforeNextCall } from '../support/owners-hooks.ts'
import { ownersSuite } from '../support/owners-suite.ts'
import { postgresForTests } from '../support/postgres-server.ts'
import type { ServerForTests } from '../support/sql-server.ts'

describeNeeding('postgres', 'on PostgreSQL', () => {
  let server: ServerForTests
  let admin: pg.Pool
  let tables = 0

  beforeAll(async () => {
    server = await postgresForTests()
    admin = new pg.Pool({ connectionString: server.url, max: 2 })
  })
  afterAll(async () => {
    await admin.end()
    await server.stop()
  })

  ownersSuite(
    'DatabaseDriver over pg',
    async () => {
      const table = `owners_${process.pid}_${(tables += 1)}`
      const pools: pg.Pool[] = []
      await new DatabaseDriver({ client: admin, table }).migrate()
      return {
        connect: () => {
          const client = new pg.Pool({ connectionString: server.url, max: 3 })
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
