import pg from 'pg'
import { afterAll, beforeAll } from 'vitest'
import { DatabaseDriver } from '../../../src/drivers/database/database-driver.ts'
import { postgresForTests } from '../postgres-server.ts'
import type { Store } from '../sealed-world.ts'
import type { ServerForTests } from '../sql-server.ts'

/** Makes stores on PostgreSQL, a table each: to be called inside `describe`. */
export function postgresStores(): () => Promise<Store> {
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

  return async () => {
    const table = `stores_${process.pid}_${(tables += 1)}`
    const pools: pg.Pool[] = []
    await new DatabaseDriver({ client: admin, table }).migrate()
    return {
      connect: () => {
        const client = new pg.Pool({ connectionString: server.url, max: 3 })
        pools.push(client)
        return new DatabaseDriver({ client, table })
      },
      raw: async (key) => {
        const { rows } = await admin.query(`SELECT * FROM ${table} WHERE session_id = $1`, [key])
        return Buffer.from(JSON.stringify(rows))
      },
      remove: async () => {
        await Promise.all(pools.map((pool) => pool.end()))
        await admin.query(`DROP TABLE ${table}`)
      },
    }
  }
}
