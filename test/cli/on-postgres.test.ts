import pg from 'pg'
import { afterAll, beforeAll } from 'vitest'
import { DatabaseDriver } from '../../src/drivers/database/database-driver.ts'
import { describeNeeding } from '../support/needs.ts'
import { postgresForTests } from '../support/postgres-server.ts'
import type { ServerForTests } from '../support/sql-server.ts'
import { commandSuite } from './suite.ts'

describeNeeding('postgres-server', 'the command with PostgreSQL', () => {
  let server: ServerForTests
  let tables = 0
  beforeAll(async () => {
    server = await postgresForTests()
  })
  afterAll(() => server.stop())

  commandSuite('PostgreSQL', () => {
    const table = `cli_${process.pid}_${(tables += 1)}`
    const client = new pg.Pool({ connectionString: server.url, max: 2 })
    return {
      config: { driver: 'database', database: { table } },
      env: { DATABASE_URL: server.url },
      connect: () => new DatabaseDriver({ client, table }),
      end: async () => {
        await client.query(`DROP TABLE ${table}`)
        await client.end()
      },
    }
  })
})
