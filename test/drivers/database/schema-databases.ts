import { DatabaseSync } from 'node:sqlite'
import mysql from 'mysql2/promise'
import pg from 'pg'
import { inspect, type Run } from '../../../src/drivers/database/schema/inspect.ts'
import { plan, type Step } from '../../../src/drivers/database/schema/plan.ts'
import { type TableName, tableName } from '../../../src/drivers/database/schema/table-name.ts'
import type { Dialect } from '../../../src/drivers/database/bridges/bridge.ts'

/** A connection of a test to a database, and what is its own there. */
export interface TestDatabase {
  readonly dialect: Dialect
  readonly run: Run
  /** Runs several statements, as a command-line client does. */
  readonly script: (text: string) => Promise<void>
  /** Drops the tables that `newTable` named, and ends the connection. */
  readonly end: () => Promise<void>
}

let tables = 0

/** A name that no other test uses. */
export function newTable(): TableName {
  return tableName(`schema_${process.pid}_${++tables}`)
}

/** What is still to be done there. */
export async function stepsFor({ run, dialect }: TestDatabase, table: TableName): Promise<readonly Step[]> {
  return plan(dialect, table, await inspect(run, dialect, table))
}

export async function postgresAt(url: string): Promise<TestDatabase> {
  const client = new pg.Client(url)
  await client.connect()
  const run: Run = async (text) => {
    const { rows } = await client.query<Record<string, unknown>>({ text, values: [] })
    return rows
  }
  const script = async (text: string): Promise<void> => {
    await client.query(text)
  }
  return { dialect: 'postgres', run, script, end: () => ended(run, () => client.end()) }
}

export async function mariaDbAt(url: string, dialect: 'mariadb' | 'mysql' = 'mariadb'): Promise<TestDatabase> {
  const connection = await mysql.createConnection({ uri: url, multipleStatements: true })
  const run: Run = async (text) => {
    const [rows] = await connection.execute<mysql.RowDataPacket[] | mysql.ResultSetHeader>(text)
    return Array.isArray(rows) ? rows : []
  }
  const script = async (text: string): Promise<void> => {
    await connection.query(text)
  }
  return { dialect, run, script, end: () => ended(run, () => connection.end()) }
}

export function sqliteAt(path = ':memory:'): TestDatabase {
  const database = new DatabaseSync(path)
  // Not before the caller goes on: two of them take turns.
  const run: Run = async (text) => {
    await Promise.resolve()
    return database.prepare(text).all()
  }
  const script = async (text: string): Promise<void> => {
    await Promise.resolve()
    database.exec(text)
  }
  return { dialect: 'sqlite', run, script, end: async () => database.close() }
}

async function ended(run: Run, end: () => Promise<void>): Promise<void> {
  for (let count = 1; count <= tables; count++) await run(`DROP TABLE IF EXISTS schema_${process.pid}_${count}`)
  await end()
}
