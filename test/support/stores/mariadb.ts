import mysql from 'mysql2/promise'
import { afterAll, beforeAll } from 'vitest'
import { DatabaseDriver } from '../../../src/drivers/database/database-driver.ts'
import { mariaDbForTests } from '../mariadb-server.ts'
import type { Store } from '../sealed-world.ts'
import type { ServerForTests } from '../sql-server.ts'

/** Makes stores on MariaDB, a table each: to be called inside `describe`. */
export function mariaDbStores(): () => Promise<Store> {
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

  return async () => {
    const table = `stores_${process.pid}_${(tables += 1)}`
    const pools: mysql.Pool[] = []
    await new DatabaseDriver({ client: admin, table }).migrate()
    return {
      connect: () => {
        const client = mysql.createPool({ uri: server.url, connectionLimit: 3 })
        pools.push(client)
        return new DatabaseDriver({ client, table })
      },
      raw: async (key) => {
        const [rows] = await admin.query(`SELECT * FROM ${table} WHERE session_id = ?`, [key])
        return Buffer.from(JSON.stringify(rows))
      },
      remove: async () => {
        await Promise.all(pools.map((pool) => pool.end()))
        await admin.query(`DROP TABLE ${table}`)
      },
    }
  }
}
