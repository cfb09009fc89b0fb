import { expect, it } from 'vitest'
import { describeNeeding } from '../support/needs.ts'
import { countsOf, smallFigure } from './support.ts'

describeNeeding('postgres-server', 'the database server of sessions is restarted, and connections to it are cut', () => {
  describeNeeding('mariadb-server', 'PostgreSQL and MariaDB', () => {
    it('nothing acknowledged is lost, nothing counted twice, no session emptied or replaced', { timeout: 300_000 }, async () => {
      const figure = await smallFigure('sql-faults')
      for (const engine of ['PostgreSQL', 'MariaDB']) {
        const [restarts, cuts] = [countsOf(figure, `${engine}, restarts`), countsOf(figure, `${engine}, cuts`)]
        for (const counts of [restarts, cuts]) {
          expect(counts).toMatchObject({ lost: 0, countedTwice: 0, emptied: 0, newIds: 0 })
          expect(counts).toMatchObject({ wrongErrors: 0, locksLeft: 0, keysForEver: 0 })
        }
        // Else nothing was tried.
        expect(restarts).toMatchObject({ restarts: 2, records: 4 })
        expect(restarts['acknowledged']).toBeGreaterThanOrEqual(150)
        expect(cuts['cuts']).toBeGreaterThanOrEqual(20)
        expect(cuts['atAnswers']).toBeGreaterThan(0)
        expect(cuts['failed']).toBeGreaterThan(0)
        expect(cuts['acknowledged']).toBeGreaterThan(0)
      }
    })
  })
})
