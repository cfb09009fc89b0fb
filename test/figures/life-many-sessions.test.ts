import { expect, it } from 'vitest'
import { PAGE } from '../../bench/life/many-sessions.ts'
import { describeNeeding } from '../support/needs.ts'
import { countsOf, smallFigure } from './support.ts'

/** What a page may take. PostgreSQL would rather look at the whole of so small a table. */
const MOST = { files: PAGE, MariaDB: PAGE + 1, Redis: PAGE + 1 }

describeNeeding('postgres-server', 'a user has many sessions', () => {
  describeNeeding('mariadb-server', 'on PostgreSQL and MariaDB', () => {
    describeNeeding('redis-server', 'and on Redis, files and memory', () => {
      it(
        'each is listed once, a page takes no more than a page, and none is left when they are revoked',
        { timeout: 180_000 },
        async () => {
          const figure = await smallFigure('life-many-sessions')
          for (const store of ['memory', 'files', 'PostgreSQL', 'MariaDB', 'Redis']) {
            const { requests, ...counts } = countsOf(figure, store)
            expect(counts).toMatchObject({
              listed: 250,
              listedTwice: 0,
              pages: 3,
              revoked: 250,
              left: 0,
              othersLeft: 250,
              incrementsLost: 0,
            })
            expect(requests).toBeGreaterThan(100)
          }
          for (const [store, most] of Object.entries(MOST)) {
            expect(countsOf(figure, store)['takenForPageAtMost'], store).toBeLessThanOrEqual(most)
          }
        },
      )
    })
  })
})
