import pg from 'pg'
import { expect, it } from 'vitest'
import { keyFrom, recordWith } from '../../../bench/file/support.ts'
import { planOf, rowsExamined } from '../../../bench/sql/many-postgres.ts'
import { DatabaseDriver } from '../../../src/drivers/database/database-driver.ts'
import { postgresDialect } from '../../../src/drivers/database/dialects/postgres.ts'
import { valuesFor } from '../../../src/drivers/database/statement.ts'
import { describeNeeding } from '../../support/needs.ts'
import { postgresForTests } from '../../support/postgres-server.ts'

const TABLE = 'list_pages'
const PAGE = 100
/** Of each of the two users. Of a smaller table the server would rather look at the whole. */
const SESSIONS = 10_000

describeNeeding('postgres', 'a list of one of two users in PostgreSQL', () => {
  it('no page looks at more rows than it has, wherever in the list it stands', async () => {
    const server = await postgresForTests()
    const pool = new pg.Pool({ connectionString: server.url, max: 2 })
    const client = new pg.Client({ connectionString: server.url })
    await client.connect()
    try {
      await client.query(`DROP TABLE IF EXISTS ${TABLE}`)
      const driver = new DatabaseDriver({ client: pool, table: TABLE })
      await driver.migrate()
      await driver.open()
      for (const [at, userId] of ['ada', 'grace'].entries())
        await driver.insert(keyFrom(String(at).repeat(64)), recordWith('{}', { userId, handle: userId }))
      const { rows } = await client.query<{ name: string }>(
        `SELECT column_name AS name FROM information_schema.columns
         WHERE table_name = '${TABLE}' AND column_name NOT IN ('session_id', 'handle')`,
      )
      const rest = rows.map(({ name }) => name).join()
      await client.query(
        `INSERT INTO ${TABLE} (session_id, handle, ${rest})
         SELECT encode(sha256(convert_to(user_id || n, 'UTF8')), 'hex'), md5(user_id || n), ${rest} FROM ${TABLE}, generate_series(1, ${SESSIONS}) AS n`,
      )
      await client.query(`ANALYZE ${TABLE}`)
      const { listOfUser } = postgresDialect(`"${TABLE}"`, 1000).statements
      let cursor: string | undefined
      let listed = 0
      do {
        const plan = await planOf(client, listOfUser, valuesFor(listOfUser, { userId: 'ada', after: cursor ?? '', limit: PAGE }))
        expect(rowsExamined(plan), `behind ${listed}`).toBe(plan['Actual Rows'])
        const page = await driver.list({ userId: 'ada', cursor, limit: PAGE })
        listed += page.sessions.filter(({ userId }) => userId === 'ada').length
        ;({ cursor } = page)
      } while (cursor !== undefined)
      expect(listed).toBe(SESSIONS + 1)
      await driver.close()
      await client.query(`DROP TABLE ${TABLE}`)
    } finally {
      await client.end()
      await pool.end()
      await server.stop()
    }
  })
})
