import { Kysely, MysqlDialect } from 'kysely'
import mariadb from 'mariadb'
import { createPool as createCallbackPool } from 'mysql2'
import mysql from 'mysql2/promise'
import { afterAll, beforeAll } from 'vitest'
import { mariaDbForTests } from '../support/mariadb-server.ts'
import { describeNeeding } from '../support/needs.ts'
import type { ServerForTests } from '../support/sql-server.ts'
import { behindProxy } from './database/behind-proxy.ts'
import { type TestClient, type Topology, databaseSuite } from './database/suite.ts'

describeNeeding('mariadb', 'DatabaseDriver on MariaDB', () => {
  let server: ServerForTests
  let admin: mysql.Pool

  beforeAll(async () => {
    server = await mariaDbForTests()
    admin = mysql.createPool({ uri: server.url, connectionLimit: 2 })
  })

  afterAll(async () => {
    await admin.end()
    await server.stop()
  })

  const topology = (make: (url: string, connections: number) => TestClient): Topology => ({
    makeClient: (_table, connections) => make(server.url, connections),
    makeCuttableClient: () => behindProxy(server.url, (url) => make(url, 3)),
    execute: (sql) => admin.query(sql),
  })
  databaseSuite('mysql2', topology(mysql2Pool))
  databaseSuite('mysql2, not prepared', { ...topology(mysql2Pool), options: { prepare: false } })
  databaseSuite('mariadb', topology(mariaDbPool))
  databaseSuite('Kysely with mysql2', topology(kysely))
  // MySQL itself is nowhere to be had for these tests. Its statements are a part of what MariaDB understands.
  databaseSuite("mysql2, as MySQL's dialect", { ...topology(mysql2Pool), options: { dialect: 'mysql' } })
})

function mysql2Pool(url: string, connectionLimit: number): TestClient {
  const client = mysql.createPool({ uri: url, connectionLimit })
  return { client, end: () => client.end() }
}

function mariaDbPool(url: string, connectionLimit: number): TestClient {
  const client = mariadb.createPool(`${url.replace('mysql:', 'mariadb:')}?connectionLimit=${connectionLimit}`)
  return { client, end: () => client.end() }
}

function kysely(url: string, connectionLimit: number): TestClient {
  const client = new Kysely<unknown>({ dialect: new MysqlDialect({ pool: createCallbackPool({ uri: url, connectionLimit }) }) })
  return { client, end: () => client.destroy() }
}
