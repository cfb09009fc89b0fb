import { Pool } from 'pg'
import { collectAt } from '../../src/drivers/database/dialects/dialect.ts'
import { startPostgres } from '../../test/support/postgres-server.ts'
import { makeDriver } from '../shared/drivers.ts'
import { makeTable } from '../sql/clients.ts'
import type { InStore, ManySealed } from './many-sealed.ts'
import { expires, keyAt, sealing } from './sealed-records.ts'

const STEP = 5000
const CONNECTIONS = 16
const AGO_MS = 60_000
/** The columns in which a record is not like the first. */
const OWN = ['session_id', 'payload', 'flash_data', 'handle', 'write_token', 'user_id']
const LIVES = `(expires_ms > ${nowMs()} OR lease_until_ms > ${nowMs()})`

export async function sealedPostgres(): Promise<ManySealed> {
  const server = await startPostgres({ durable: true, settings: { max_wal_size: '4GB' } })
  await makeTable('pg', server.url)
  const pool = new Pool({ connectionString: server.url })
  const connect = () => makeDriver('pg', server.url, CONNECTIONS)
  return {
    title: 'PostgreSQL',
    port: server.port,
    asked: { stats: [2500, 150], reseal: [2500, 1100], gc: [2500, 0.3] },
    configAt: (port) => ({ driver: 'database', database: { url: Object.assign(new URL(server.url), { port }).href } }),
    connect,
    async fill(count, seed) {
      const recordAt = sealing(seed)
      const { driver, end } = await connect()
      await driver.open()
      await driver.insert(keyAt(0), await recordAt(0))
      await driver.close()
      await end()
      const { rows } = await pool.query<{ name: string }>(
        "SELECT column_name AS name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = 'sessions'",
      )
      const rest = rows.map(({ name }) => name).filter((name) => !OWN.includes(name))
      for (let from = 1; from < count; from += STEP) {
        const columns: string[][] = OWN.map(() => [])
        for (let index = from; index < Math.min(count, from + STEP); index++) {
          const { payload, flash, handle, writeToken, userId = '' } = await recordAt(index)
          for (const [n, value] of [keyAt(index), payload, flash, handle, writeToken, userId].entries()) columns[n]?.push(value)
        }
        await pool.query(
          `INSERT INTO sessions (${[...OWN, ...rest].join()})
           SELECT own.*, ${rest.map((name) => `first.${name}`).join()}
           FROM unnest(${OWN.map((_, n) => `$${n + 1}::text[]`).join()}) AS own, sessions AS first WHERE first.session_id = '${keyAt(0)}'`,
          columns,
        )
      }
      await pool.query('VACUUM ANALYZE sessions')
    },
    async expire(count) {
      const keys = Array.from({ length: count }, (_, index) => index)
        .filter(expires)
        .map(keyAt)
      const end = `(${nowMs()} - ${AGO_MS})`
      for (let from = 0; from < keys.length; from += STEP) {
        await pool.query(`UPDATE sessions SET expires_ms = ${end}, expiration = ${collectAt(end)} WHERE session_id = ANY ($1)`, [
          keys.slice(from, from + STEP),
        ])
      }
    },
    async count() {
      const countIf = (condition: string, name: string): string => `count(*) FILTER (WHERE ${condition})::text AS ${name}`
      const { rows } = await pool.query<Readonly<Record<keyof InStore, string>>>(
        `SELECT ${countIf(LIVES, 'living')}, ${countIf(`NOT ${LIVES}`, 'stale')},
           ${countIf("payload LIKE 'hf1.new.%' AND flash_data LIKE 'hf1.new.%'", '"underNew"')} FROM sessions`,
      )
      return { living: Number(rows[0]?.living), stale: Number(rows[0]?.stale), underNew: Number(rows[0]?.underNew) }
    },
    async [Symbol.asyncDispose]() {
      await pool.end()
      await server.stop()
    },
  }
}

function nowMs(): string {
  return "CAST(floor(date_part('epoch', now()) * 1000) AS bigint)"
}
