import { Client } from 'pg'
import { collectAt } from '../../src/drivers/database/dialects/dialect.ts'
import { postgresDialect } from '../../src/drivers/database/dialects/postgres.ts'
import { valuesFor } from '../../src/drivers/database/statement.ts'
import type { NamedStatement } from '../../src/drivers/database/statement.ts'
import { startPostgres } from '../../test/support/postgres-server.ts'
import { keyAt, poolOn } from './many-records.ts'
import { BATCH, DAY_MS, OWN, acquireValues, commonOf } from './many-servers.ts'
import type { Batches, Copy, ManyServer } from './many-servers.ts'

/** As a driver with its defaults has it. */
const LOCK_MS = 2500

/** As a machine of that size would be set, at full size: the table is to be found in memory. */
const LARGE = { shared_buffers: '2GB', max_wal_size: '8GB' }

export async function manyPostgres(size: 'full' | 'small'): Promise<ManyServer> {
  const settings = { shared_preload_libraries: 'pg_stat_statements', ...(size === 'full' ? LARGE : {}) }
  const server = await startPostgres({ durable: size === 'full', settings })
  const client = new Client({ connectionString: server.url })
  await client.connect()
  await client.query('CREATE EXTENSION pg_stat_statements')
  const copy = async ({ table, from, to, expired }: Copy): Promise<void> => {
    const { rows } = await client.query<{ name: string }>(
      `SELECT column_name AS name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = '${table}'`,
    )
    const rest = rows.map(({ name }) => name).filter((name) => !OWN.includes(name))
    const end = expired ? `(last_activity_ms - floor(random() * ${DAY_MS})::bigint - 60000)` : 'expires_ms'
    await client.query(
      `INSERT INTO ${table} (${[...OWN, ...rest].join()})
       SELECT encode(sha256(convert_to('${expired ? 'expired' : 'session'} ' || i, 'UTF8')), 'hex'), left(md5('handle' || i), 24), md5('write' || i),
         'user ' || i, ends, ${collectAt('ends')}, ${rest.join()}
       FROM (SELECT ${table}.*, i, ${end} AS ends FROM ${table}, generate_series(${from}, ${to}) AS i WHERE session_id = '${keyAt(0)}') AS template`,
    )
  }
  return {
    ...commonOf('postgres', 'PostgreSQL', server, copy, async (table) => {
      await client.query(`VACUUM ANALYZE ${table}`)
      await client.query('CHECKPOINT')
    }),
    async count(table) {
      const { rows } = await client.query<{ count: string }>(`SELECT count(*)::text AS count FROM ${table}`)
      return Number(rows[0]?.count)
    },
    async examine(table, indexes) {
      const { acquire } = postgresDialect(`"${table}"`, LOCK_MS).statements
      const sum = { rows: 0, pages: 0 }
      for (const index of indexes) {
        const plan = await planOf(client, acquire, acquireValues(acquire, index))
        sum.rows += rowsExamined(plan)
        sum.pages += (plan['Shared Hit Blocks'] ?? 0) + (plan['Shared Read Blocks'] ?? 0)
      }
      return { rows: sum.rows / indexes.length, pages: sum.pages / indexes.length }
    },
    async examineCollection(table) {
      const { collect } = postgresDialect(`"${table}"`, LOCK_MS).statements
      return rowsExamined(await planOf(client, collect, valuesFor(collect, { limit: BATCH, reached: 0 })))
    },
    async collector(table) {
      const pool = poolOn({ kind: 'postgres', url: server.url, table }, 1)
      await pool.driver.open()
      await client.query('SELECT pg_stat_statements_reset()')
      const batches = async (): Promise<Batches> => {
        const { rows } = await client.query<{ count: string; mean: number; longest: number }>(
          "SELECT calls::text AS count, mean_exec_time AS mean, max_exec_time AS longest FROM pg_stat_statements WHERE query LIKE 'DELETE %'",
        )
        if (rows[0] === undefined || rows.length > 1) throw new Error(`${rows.length} statements delete`)
        return { count: Number(rows[0].count), meanMs: rows[0].mean, longestMs: rows[0].longest }
      }
      return { ...pool, batches }
    },
    async [Symbol.asyncDispose]() {
      await client.end()
      await server.stop()
    },
  }
}

/** As much of a plan of PostgreSQL as is looked at. */
export interface Plan {
  readonly 'Relation Name'?: string
  readonly 'Node Type': string
  readonly 'Actual Rows': number
  readonly 'Actual Loops': number
  readonly 'Rows Removed by Filter'?: number
  readonly 'Shared Hit Blocks'?: number
  readonly 'Shared Read Blocks'?: number
  readonly Plans?: readonly Plan[]
}

/** Carries a statement out, and tells how. */
export async function planOf(client: Client, { text }: NamedStatement, values: readonly (string | number | null)[]): Promise<Plan> {
  const given = values.map((value) => (typeof value === 'string' ? `'${value}'` : String(value)))
  await client.query(`PREPARE asked AS ${text}`)
  const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
    `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE asked(${given.join()})`,
  )
  await client.query('DEALLOCATE asked')
  const plan = rows[0]?.['QUERY PLAN'][0].Plan
  if (plan === undefined) throw new Error('PostgreSQL gives no plan')
  return plan
}

/** Rows that the statement looked at, by its plan. */
export function rowsExamined(plan: Plan): number {
  const isScan = plan['Node Type'].includes('Scan') && plan['Relation Name'] !== undefined
  const own = isScan ? (plan['Actual Rows'] + (plan['Rows Removed by Filter'] ?? 0)) * plan['Actual Loops'] : 0
  return (plan.Plans ?? []).reduce((sum, below) => sum + rowsExamined(below), own)
}
