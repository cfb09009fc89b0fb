import { createConnection } from 'mysql2/promise'
import type { Connection, RowDataPacket } from 'mysql2/promise'
import { collectAt } from '../../src/drivers/database/dialects/dialect.ts'
import { mysqlDialect } from '../../src/drivers/database/dialects/mysql.ts'
import { valuesFor } from '../../src/drivers/database/statement.ts'
import { startMariaDb } from '../../test/support/mariadb-server.ts'
import { keyAt, poolOn } from './many-records.ts'
import { BATCH, DAY_MS, OWN, acquireValues, commonOf } from './many-servers.ts'
import type { Batches, Copy, ManyServer } from './many-servers.ts'

const FEW_PAGES = 100
const MOST_SETTLING_MS = 300_000

/** As a driver with its defaults has it. */
const LOCK_MS = 2500

/** As a machine of that size would be set, at full size: the table is to be found in memory, and the log is not full of what was written last. */
const LARGE = { 'innodb-buffer-pool-size': '2G', 'innodb-log-file-size': '2G', 'innodb-io-capacity': 10_000 }

export async function manyMariaDb(size: 'full' | 'small'): Promise<ManyServer> {
  const settings = { 'log-output': 'TABLE', 'slow-query-log': 1, ...(size === 'full' ? LARGE : {}) }
  const server = await startMariaDb({ durable: size === 'full', settings })
  const connection = await createConnection(server.url)
  const copy = async ({ table, from, to, expired }: Copy): Promise<void> => {
    const rows = await asked(
      connection,
      `SELECT column_name AS name FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = '${table}'`,
    )
    const rest = rows.map(({ name }) => String(name)).filter((name) => !OWN.includes(name))
    const end = expired ? `last_activity_ms - FLOOR(RAND() * ${DAY_MS}) - 60000` : 'expires_ms'
    await connection.query(
      `INSERT INTO ${table} (${[...OWN, ...rest].join()})
       SELECT SHA2(CONCAT('${expired ? 'expired' : 'session'} ', seq), 256), LEFT(MD5(CONCAT('handle', seq)), 24), MD5(CONCAT('write', seq)),
         CONCAT('user ', seq), ends, ${collectAt('ends', 'DIV')}, ${rest.join()}
       FROM (SELECT ${table}.*, ${end} AS ends, seq FROM ${table} JOIN seq_${from}_to_${to} WHERE session_id = '${keyAt(0)}') AS template`,
    )
  }
  return {
    ...commonOf('mariadb', 'MariaDB', server, copy, (table) => settle(connection, table)),
    async count(table) {
      return Number((await asked(connection, `SELECT COUNT(*) AS count FROM ${table}`))[0]?.['count'])
    },
    async examine(table, indexes) {
      const { acquire } = mysqlDialect(`\`${table}\``, 'inserts', LOCK_MS).statements
      const pagesBefore = await statusSum(connection, "GLOBAL STATUS LIKE 'Innodb_buffer_pool_read_requests'")
      let rows = 0
      for (const index of indexes) {
        const before = await statusSum(connection, "SESSION STATUS LIKE 'Handler_read%'")
        await connection.execute(acquire.text, acquireValues(acquire, index))
        rows += (await statusSum(connection, "SESSION STATUS LIKE 'Handler_read%'")) - before
      }
      const pages = (await statusSum(connection, "GLOBAL STATUS LIKE 'Innodb_buffer_pool_read_requests'")) - pagesBefore
      return { rows: rows / indexes.length, pages: pages / indexes.length }
    },
    async examineCollection(table) {
      const { collect } = mysqlDialect(`\`${table}\``, 'inserts', LOCK_MS).statements
      const before = await statusSum(connection, "SESSION STATUS LIKE 'Handler_read%'")
      await connection.execute(collect.text, valuesFor(collect, { limit: BATCH, reached: 0 }))
      return (await statusSum(connection, "SESSION STATUS LIKE 'Handler_read%'")) - before
    },
    async collector(table) {
      const pool = poolOn({ kind: 'mariadb', url: server.url, table }, 1)
      await pool.driver.open()
      await connection.query('TRUNCATE mysql.slow_log')
      await pool.ask('SET SESSION long_query_time = 0')
      const batches = async (): Promise<Batches> => {
        const [row] = await asked(
          connection,
          `SELECT COUNT(*) AS count, AVG(TIME_TO_SEC(query_time)) AS mean, MAX(TIME_TO_SEC(query_time)) AS longest FROM mysql.slow_log
           WHERE sql_text LIKE '%DELETE %'`,
        )
        return { count: Number(row?.['count']), meanMs: 1000 * Number(row?.['mean']), longestMs: 1000 * Number(row?.['longest']) }
      }
      return { ...pool, batches }
    },
    async [Symbol.asyncDispose]() {
      await connection.end()
      await server.stop()
    },
  }
}

async function asked(connection: Connection, sql: string): Promise<RowDataPacket[]> {
  const [rows] = await connection.query<RowDataPacket[]>(sql)
  return rows
}

/** Waits until what was written lies in its files: nobody has a million sessions that were all written a moment ago. */
async function settle(connection: Connection, table: string): Promise<void> {
  await connection.query(`ANALYZE TABLE ${table}`)
  const [before] = await asked(connection, 'SELECT @@GLOBAL.innodb_max_dirty_pages_pct AS share')
  await connection.query('SET GLOBAL innodb_max_dirty_pages_pct = 0')
  const deadline = performance.now() + MOST_SETTLING_MS
  while ((await statusSum(connection, "GLOBAL STATUS LIKE 'Innodb_buffer_pool_pages_dirty'")) > FEW_PAGES) {
    if (performance.now() > deadline) throw new Error('MariaDB does not get what was written into its files')
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  await connection.query(`SET GLOBAL innodb_max_dirty_pages_pct = ${Number(before?.['share'])}`)
}

/** The sum of the server's counters of such names. */
export async function statusSum(connection: Connection, which: string): Promise<number> {
  return (await asked(connection, `SHOW ${which}`)).reduce((sum, row) => sum + Number(row['Value']), 0)
}
