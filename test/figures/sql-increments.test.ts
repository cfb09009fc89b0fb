import { expect, it } from 'vitest'
import { describeNeeding } from '../support/needs.ts'
import { smallFigure } from './support.ts'

describeNeeding('postgres-server', 'processes raise the counter of one session in a database', () => {
  describeNeeding('mariadb-server', 'PostgreSQL, MariaDB and SQLite', () => {
    it('no increment is lost and no lock left behind', { timeout: 180_000 }, async () => {
      const { counts } = await smallFigure('sql-increments')
      const expected = ['PostgreSQL', 'MariaDB', 'SQLite'].flatMap((engine) =>
        Object.entries({ acknowledged: 400, lost: 0, tooMany: 0, locksLeft: 0, keysForEver: 0 }).map(([name, count]) => [
          `${engine}: ${name}`,
          count,
        ]),
      )
      expect(counts).toEqual({ processes: 4, ...Object.fromEntries(expected) })
    })
  })
})
