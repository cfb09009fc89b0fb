import pg from 'pg'
import { onTestFinished } from 'vitest'
import { DatabaseDriver } from '../../src/drivers/database/database-driver.ts'
import { testClock } from '../../src/testing/test-clock.ts'
import type { MovedStore } from './moved-stores.ts'

const SCHEMA = 'moved'
// A clock of the database's own name, found before it: it says what this connection was told last. The quarter of a millisecond is for rounding.
const CLOCK = `CREATE FUNCTION ${SCHEMA}.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
  AS $$ SELECT to_timestamp((current_setting('${SCHEMA}.ms')::float8 + 0.25) / 1000) $$`

let tables = 0

/** Makes a database whose clock can be moved, for those who connect as `openMovedPostgres` does. */
export async function prepareMovedPostgres(url: string): Promise<void> {
  const client = new pg.Client(url)
  await client.connect()
  await client.query(`DROP SCHEMA IF EXISTS ${SCHEMA} CASCADE`)
  await client.query(`CREATE SCHEMA ${SCHEMA}`)
  await client.query(CLOCK)
  await client.end()
}

/** A store on PostgreSQL whose clock a test moves. */
export async function openMovedPostgres(url: string): Promise<MovedStore> {
  const { now, advance } = testClock()
  // One connection: what it is asked is answered in that order, and so a clock that was moved is the clock from there on.
  const pool = new pg.Pool({ connectionString: url, max: 1, options: `-c search_path=${SCHEMA},pg_catalog` })
  const moves: Promise<unknown>[] = []
  const tell = (): void => void moves.push(pool.query(`SELECT set_config('${SCHEMA}.ms', $1, false)`, [String(now())]))
  tell()
  const driver = new DatabaseDriver({ client: pool, table: `sessions_${(tables += 1)}` })
  await driver.migrate()
  await driver.open()
  onTestFinished(async () => {
    await Promise.all(moves)
    await driver.close()
    await pool.end()
  })
  return {
    driver,
    clock: {
      now,
      advance: (ms) => {
        advance(ms)
        tell()
      },
    },
  }
}
