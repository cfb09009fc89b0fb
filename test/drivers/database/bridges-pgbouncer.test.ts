import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { until } from '../../../proof/faults/until.ts'
import type { Bridge } from '../../../src/drivers/database/bridges/bridge.ts'
import { bridgeTo } from '../../../src/drivers/database/bridges/recognise.ts'
import { describeNeeding } from '../../support/needs.ts'
import { startPgBouncer } from '../../support/pgbouncer.ts'
import { startPostgres } from '../../support/postgres-server.ts'
import type { SqlServer } from '../../support/sql-server.ts'
import { failureOf, OPTIONS, statementFor } from './bridge-suite.ts'

describeNeeding('pgbouncer', 'a bridge to PostgreSQL behind PgBouncer', () => {
  const select = statementFor('postgres', 'SELECT $1 AS one', true)
  const clients = 10
  let server: SqlServer
  let bouncer: SqlServer
  let pool: pg.Pool
  let bridge: Bridge

  beforeAll(async () => {
    server = await startPostgres()
    bouncer = await startPgBouncer(server, { poolSize: 2, settings: { query_wait_timeout: 2 } })
    pool = new pg.Pool({ connectionString: bouncer.url, max: clients })
    bridge = bridgeTo(pool, undefined, OPTIONS)
    await bridge.open?.()
  })
  afterAll(async () => {
    await pool.end()
    await bouncer.stop()
    await server.stop()
  })

  const runMany = (): Promise<PromiseSettledResult<unknown>[]> =>
    Promise.allSettled(Array.from({ length: 4 * clients }, () => bridge.run(select, ['x'])))

  it('tells that prepared statements are lost, and loses none when it stops preparing', async () => {
    const lost = await until('a statement that another connection has, or has not', async () => {
      const failed = (await runMany()).find((one) => one.status === 'rejected')
      return failed && bridge.failureOf(failed.reason)
    })
    expect(lost).toMatchObject({ kind: 'reply', reason: 'unprepared' })
    bridge.stopPreparing?.()
    expect((await runMany()).filter((one) => one.status === 'rejected')).toEqual([])
  })

  it('knows that nothing was sent while the server behind it is gone', async () => {
    await server.kill()
    // The connections that it had are found broken first: of what was under way on them nothing is known.
    const failure = await until('PgBouncer to know', async () => {
      const one = await failureOf(bridge, bridge.run(select, ['x']))
      return one.kind === 'unknown' ? undefined : one
    })
    expect(failure).toMatchObject({ kind: 'refused', reason: 'unready' })
    await server.restart()
    await until('the server to be back', () => bridge.run(select, ['x']))
  })
})
