import mysql from 'mysql2/promise'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { DatabaseDriver } from '../../../src/drivers/database/database-driver.ts'
import { newToken, store } from '../../../src/testing/suite/records.ts'
import { mariaDbForTests } from '../../support/mariadb-server.ts'
import { describeNeeding } from '../../support/needs.ts'
import type { ServerForTests } from '../../support/sql-server.ts'

const CONNECTIONS = 8
const ROUNDS = 100

describeNeeding('mariadb', 'many who ask MariaDB for one lease at once', () => {
  let server: ServerForTests
  let pool: mysql.Pool
  let driver: DatabaseDriver
  let refused: string[]

  beforeAll(async () => {
    server = await mariaDbForTests()
    pool = mysql.createPool({ uri: server.url, connectionLimit: CONNECTIONS })
    refused = []
    // The driver asks again by itself: only the client sees what the server refused.
    const seeing = new Proxy(pool, {
      get: (target, name) => {
        if (name !== 'getConnection') return Reflect.get(target, name)
        return async () => seen(await target.getConnection(), refused)
      },
    })
    driver = new DatabaseDriver({ client: seeing, table: 'deadlocks' })
    await driver.migrate()
    await driver.open()
  })
  afterAll(async () => {
    await driver.close()
    await pool.query('DROP TABLE IF EXISTS deadlocks')
    await pool.end()
    await server.stop()
  })

  it('do not meet in deadlocks, and one of them has it', async () => {
    const { key } = await store(driver)
    // A pool that opens its connections one by one would let them ask one by one.
    const connections = await Promise.all(Array.from({ length: CONNECTIONS }, () => pool.getConnection()))
    for (const connection of connections) connection.release()
    for (let round = 0; round < ROUNDS; round++) {
      const asked = await Promise.all(
        Array.from({ length: CONNECTIONS }, () => driver.acquire(key, { token: newToken(), leaseMs: 60_000 })),
      )
      const held = asked.flatMap((one) => (one.kind === 'held' ? [one.lease] : []))
      expect(held).toHaveLength(1)
      for (const lease of held) expect(await driver.unlock(lease)).toBe(true)
    }
    expect(refused).toEqual([])
  })
})

/** A connection that notes what the server refuses. */
function seen(connection: mysql.PoolConnection, refused: string[]): mysql.PoolConnection {
  return new Proxy(connection, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return (...args: unknown[]): unknown => {
        const result: unknown = Reflect.apply(value, target, args)
        if (result instanceof Promise) result.catch((error: unknown) => refused.push(String(error)))
        return result
      }
    },
  })
}
