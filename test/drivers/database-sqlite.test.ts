import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import BetterSqlite3 from 'better-sqlite3'
import { Kysely, SqliteDialect } from 'kysely'
import { afterAll, beforeAll, describe } from 'vitest'
import { makeGuardedFolder, removeGuardedFolder } from '../../proof/faults/guard.ts'
import { type Topology, databaseSuite } from './database/suite.ts'

describe('DatabaseDriver on SQLite', () => {
  let folder: string

  beforeAll(() => {
    folder = makeGuardedFolder('sqlite')
  })
  afterAll(() => removeGuardedFolder(folder))

  const fileOf = (table: string): string => join(folder, `${table}.db`)
  // A file for each test: one whose table is renamed is nobody else's.
  const after = async (table: string): Promise<void> => {
    for (const suffix of ['', '-wal', '-shm']) rmSync(fileOf(table) + suffix, { force: true })
  }
  const nodeSqlite = (table: string): DatabaseSync => {
    const database = new DatabaseSync(fileOf(table), { timeout: 5000 })
    database.exec('PRAGMA journal_mode = WAL')
    return database
  }
  const betterSqlite = (table: string): BetterSqlite3.Database => {
    const database = new BetterSqlite3(fileOf(table))
    database.pragma('journal_mode = WAL')
    return database
  }
  // Past the driver, but by the same library: two copies of SQLite in one process do not see each other's locks.
  const executeBy =
    (open: (table: string) => { exec: (sql: string) => unknown; close: () => unknown }): Topology['execute'] =>
    async (sql, table) => {
      const database = open(table)
      database.exec(sql)
      database.close()
    }

  databaseSuite('node:sqlite', {
    makeClient: (table) => {
      const client = nodeSqlite(table)
      return { client, end: () => client.close() }
    },
    execute: executeBy(nodeSqlite),
    after,
  })

  databaseSuite('better-sqlite3', {
    makeClient: (table) => {
      const client = betterSqlite(table)
      return { client, end: () => void client.close() }
    },
    execute: executeBy(betterSqlite),
    after,
  })

  databaseSuite('Kysely with better-sqlite3', {
    makeClient: (table) => {
      const client = new Kysely<unknown>({ dialect: new SqliteDialect({ database: betterSqlite(table) }) })
      return { client, end: () => client.destroy() }
    },
    execute: executeBy(betterSqlite),
    after,
  })
})
