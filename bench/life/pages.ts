import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { createConnection } from 'mysql2/promise'
import { Client } from 'pg'
import { mysqlDialect } from '../../src/drivers/database/dialects/mysql.ts'
import { postgresDialect } from '../../src/drivers/database/dialects/postgres.ts'
import { valuesFor } from '../../src/drivers/database/statement.ts'
import { CommandsSeen } from '../redis/commands-seen.ts'
import { statusSum } from '../sql/many-mariadb.ts'
import { planOf, rowsExamined } from '../sql/many-postgres.ts'
import type { Store, StoreName } from './stores.ts'

/** Which page of a user's list. */
export interface PageAsked {
  readonly userId: string
  readonly cursor: string | undefined
  readonly limit: number
}

/** Counts what a store does for a page of a list. */
export interface PageCounter extends AsyncDisposable {
  /** What is counted; `undefined` where it cannot be seen from outside. */
  readonly unit: string | undefined
  /** Reads the page, and says what that took. */
  count<Page>(asked: PageAsked, read: () => Promise<Page>): Promise<{ readonly page: Page; readonly taken: number }>
}

/** As a driver with its defaults has it. */
const LOCK_MS = 2500

export async function pageCounterOf(name: StoreName, { address }: Store): Promise<PageCounter> {
  if (name === 'PostgreSQL') return await onPostgres(address)
  if (name === 'MariaDB') return await onMariaDb(address)
  if (name === 'Redis') return await onRedis(address)
  return name === 'files' ? onFiles() : unseen()
}

function unseen(): PageCounter {
  return {
    unit: undefined,
    count: async (_, read) => ({ page: await read(), taken: Number.NaN }),
    [Symbol.asyncDispose]: async () => {},
  }
}

async function onPostgres(address: string): Promise<PageCounter> {
  const client = new Client({ connectionString: address })
  await client.connect()
  // As the server does by itself some time after so many were added.
  await client.query('ANALYZE sessions')
  const { listOfUser } = postgresDialect('"sessions"', LOCK_MS).statements
  return {
    unit: 'rows',
    async count({ cursor = '', ...asked }, read) {
      const plan = await planOf(client, listOfUser, valuesFor(listOfUser, { ...asked, after: cursor }))
      return { page: await read(), taken: rowsExamined(plan) }
    },
    [Symbol.asyncDispose]: () => client.end(),
  }
}

async function onMariaDb(address: string): Promise<PageCounter> {
  const connection = await createConnection(address)
  const { listOfUser } = mysqlDialect('`sessions`', 'inserts', LOCK_MS).statements
  const looks = (): Promise<number> => statusSum(connection, "SESSION STATUS LIKE 'Handler_read%'")
  return {
    unit: 'rows',
    async count({ cursor = '', ...asked }, read) {
      const before = await looks()
      await connection.query(listOfUser.text, valuesFor(listOfUser, { ...asked, after: cursor }))
      const taken = (await looks()) - before
      return { page: await read(), taken }
    },
    [Symbol.asyncDispose]: () => connection.end(),
  }
}

async function onRedis(port: string): Promise<PageCounter> {
  const seen = await CommandsSeen.on(`redis://127.0.0.1:${port}`)
  return {
    unit: 'commands',
    async count(_, read) {
      await seen.take()
      const page = await read()
      return { page, taken: (await seen.take()).length }
    },
    [Symbol.asyncDispose]: async () => seen[Symbol.dispose](),
  }
}

/** Nobody else may open files meanwhile. */
function onFiles(): PageCounter {
  const { openSync } = fs
  let opened = 0
  fs.openSync = (...given: Parameters<typeof openSync>) => {
    opened += 1
    return openSync(...given)
  }
  syncBuiltinESMExports()
  return {
    unit: 'files opened',
    async count(_, read) {
      const before = opened
      const page = await read()
      return { page, taken: opened - before }
    },
    [Symbol.asyncDispose]: async () => {
      fs.openSync = openSync
      syncBuiltinESMExports()
    },
  }
}
