import { DatabaseSync } from 'node:sqlite'
import * as mariadb from 'mariadb'
import * as mariadbCallback from 'mariadb/callback'
import { Kysely, MssqlAdapter, MysqlAdapter, PostgresAdapter, SqliteAdapter, SqliteDialect } from 'kysely'
import mysqlWithCallbacks from 'mysql2'
import mysql from 'mysql2/promise'
import pg from 'pg'
import BetterSqlite3 from 'better-sqlite3'
import postgres from 'postgres'
import { expect, it } from 'vitest'
import { bridgeTo } from '../../../src/drivers/database/bridges/recognise.ts'
import { isSessionError } from '../../../src/index.ts'
import { OPTIONS } from './bridge-suite.ts'

/** Of nobody: no client connects before it is used. */
const NOWHERE = { host: '127.0.0.1', port: 1, user: 'nobody' }

const kyselyWith = (adapter: object): object => ({
  withoutPlugins: () => undefined,
  connection: () => undefined,
  executeQuery: () => undefined,
  selectFrom: () => undefined,
  getExecutor: () => ({ adapter }),
})

it.each([
  { client: new pg.Pool(NOWHERE), family: 'postgres' },
  { client: new pg.Client(NOWHERE), family: 'postgres' },
  { client: postgres(NOWHERE), family: 'postgres' },
  { client: mysql.createPool(NOWHERE), family: 'mysql' },
  { client: mysqlWithCallbacks.createPool(NOWHERE).promise(), family: 'mysql' },
  { client: mariadb.createPool({ ...NOWHERE, minimumIdle: 0 }), family: 'mysql' },
  { client: new DatabaseSync(':memory:'), family: 'sqlite' },
  { client: kyselyWith(new PostgresAdapter()), family: 'postgres' },
  { client: kyselyWith(new MysqlAdapter()), family: 'mysql' },
  { client: kyselyWith(new SqliteAdapter()), family: 'sqlite' },
])('a client tells its family: $family', ({ client, family }) => {
  expect(bridgeTo(client, undefined, OPTIONS).family).toBe(family)
})

it('the family of a Kysely instance is the one that is named', () => {
  expect(bridgeTo(kyselyWith(new SqliteAdapter()), 'mariadb', OPTIONS).family).toBe('mysql')
  expect(bridgeTo(kyselyWith(new MssqlAdapter()), 'postgres', OPTIONS).family).toBe('postgres')
})

it('a Kysely instance for another database is refused', () => {
  expect(() => bridgeTo(kyselyWith(new MssqlAdapter()), undefined, OPTIONS)).toThrow(/Known are PostgreSQL, MySQL, MariaDB and SQLite/)
})

it('a transaction of Kysely is refused', async () => {
  const client = new Kysely<object>({ dialect: new SqliteDialect({ database: new BetterSqlite3(':memory:') }) })
  await client.transaction().execute(async (transaction) => {
    expect(() => bridgeTo(transaction, undefined, OPTIONS)).toThrow(/transaction/)
  })
  await client.destroy()
})

const PASSWORD = 'hunter2'

it.each([
  { what: 'an address', client: `postgres://holdfast:${PASSWORD}@localhost/holdfast`, word: /make a client of it first/ },
  { what: 'a connection that was not awaited', client: Promise.resolve({}), word: /await it first/ },
  { what: 'mysql2 with callbacks', client: mysqlWithCallbacks.createPool(NOWHERE), word: /mysql2\/promise/ },
  { what: 'mariadb with callbacks', client: mariadbCallback.createPool({ ...NOWHERE, minimumIdle: 0 }), word: /import 'mariadb'/ },
  { what: 'a pool cluster of mysql2', client: mysql.createPoolCluster(), word: /a createPool\(\) of the one/ },
  { what: 'a pool cluster of mysql2 with callbacks', client: mysqlWithCallbacks.createPoolCluster(), word: /a createPool\(\) of the one/ },
  { what: 'a pool cluster of mariadb', client: mariadb.createPoolCluster(), word: /a createPool\(\) of the one/ },
  { what: 'the module pg', client: pg, word: /new Pool\(\)/ },
  { what: 'the module postgres', client: postgres, word: /call it with an address/ },
  { what: 'the module mysql2', client: mysql, word: /createPool\(\)/ },
  { what: 'a module of SQLite', client: { DatabaseSync }, word: /open a database/ },
  { what: 'Drizzle', client: { $client: {}, select: () => undefined }, word: /\$client/ },
  { what: 'Knex', client: Object.assign(() => undefined, { raw: () => 0, transaction: () => 0, client: {} }), word: /Knex/ },
  { what: 'Prisma', client: { $queryRawUnsafe: () => undefined }, word: /Prisma/ },
  { what: 'nothing', client: undefined, word: /not undefined/ },
  { what: 'options', client: { password: PASSWORD }, word: /not an object/ },
])('$what is refused, with a word that helps', ({ client, word }) => {
  const refused = (): unknown => bridgeTo(client, undefined, OPTIONS)
  expect(refused).toThrow(word)
  expect(refused).toThrow(/must be a client of pg .*better-sqlite3.*Kysely/)
  expect(refused).not.toThrow(PASSWORD)
  try {
    refused()
  } catch (error) {
    expect(isSessionError(error) && error.code).toBe('ERR_SESSION_CONFIG')
  }
})
