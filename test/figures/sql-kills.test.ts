import { expect, it } from 'vitest'
import { describeNeeding } from '../support/needs.ts'
import { countsOf, smallFigure } from './support.ts'

describeNeeding('postgres-server', 'processes that hold sessions in a database are killed, or stopped past their leases', () => {
  describeNeeding('mariadb-server', 'PostgreSQL, MariaDB and SQLite', () => {
    it(
      'nothing is lost, the next one gets the session once the lease has ended, and no late write is let in',
      { timeout: 300_000 },
      async () => {
        const figure = await smallFigure('sql-kills')
        for (const engine of ['PostgreSQL', 'MariaDB', 'SQLite']) {
          for (const fault of ['SIGKILL', 'SIGSTOP']) {
            const counts = countsOf(figure, `${engine}, ${fault}`)
            expect(counts).toMatchObject({ holders: 3, gotIt: 3, tooEarly: 0, lost: 0, countedTwice: 0 })
            expect(counts).toMatchObject({ emptied: 0, newIds: 0, wrongErrors: 0, locksLeft: 0, keysForEver: 0 })
          }
          // Each killed holder and each of those who came next made one at least.
          expect(countsOf(figure, `${engine}, SIGKILL`)['acknowledged']).toBeGreaterThanOrEqual(6)
          const { lateAccepted, lateRefusedAsLost = 0, lateOtherwise = 0, blocking = 0 } = countsOf(figure, `${engine}, SIGSTOP`)
          expect(lateAccepted).toBe(0)
          // Only a file is locked by who stands still inside of a statement: then nobody's write is looked at, and all are told so.
          if (engine === 'SQLite') expect(lateRefusedAsLost + lateOtherwise + blocking).toBe(3)
          else expect([lateRefusedAsLost, lateOtherwise, blocking]).toEqual([3, 0, 0])
        }
      },
    )
  })
})
