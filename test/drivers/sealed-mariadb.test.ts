import mysql from 'mysql2/promise'
import { afterAll, beforeAll } from 'vitest'
import { DatabaseDriver } from '../../src/drivers/database/database-driver.ts'
import { mariaDbForTests } from '../support/mariadb-server.ts'
import { describeNeeding } from '../support/needs.ts'
import { sealedSuite } from '../support/sealed-suite.ts'
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

  sealedSuite('DatabaseDriver over mysql2', async () => {
    const table = `sealed_${process.pid}_${(tables += 1)}`
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
  })
})
