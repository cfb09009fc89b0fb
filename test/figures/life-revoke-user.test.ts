import { expect, it } from 'vitest'
import { describeNeeding } from '../support/needs.ts'
import { countsOf, smallFigure } from './support.ts'

describeNeeding('postgres-server', 'all sessions of a user are revoked while 50 logins of that user run', () => {
  describeNeeding('mariadb-server', 'on PostgreSQL and MariaDB', () => {
    describeNeeding('redis-server', 'and on Redis, SQLite, files and memory', () => {
      it('none of the logins that were under way survives, and those that come afterwards are let in', { timeout: 300_000 }, async () => {
        const figure = await smallFigure('life-revoke-user')
        for (const store of ['memory', 'files', 'SQLite', 'PostgreSQL', 'MariaDB', 'Redis']) {
          const { underWay, afterwards, ...counts } = countsOf(figure, store)
          expect(counts).toMatchObject({ survived: 0, unknown: 0, lostAfterwards: 0 })
          expect(underWay).toBeGreaterThan(50)
          // The others are asked in one turn each: nothing comes between the steps of a login.
          if (store !== 'memory' && store !== 'files' && store !== 'SQLite') expect(counts['refused']).toBeGreaterThan(0)
          expect(afterwards).toBe(3 * (counts['times'] ?? 0))
        }
      })
    })
  })
})
