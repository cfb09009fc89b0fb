import { expect, it } from 'vitest'
import { describeNeeding } from '../support/needs.ts'
import { smallFigure } from './support.ts'

describeNeeding('postgres-server', 'with PostgreSQL', () => {
  describeNeeding('mariadb-server', 'a request of Express with sessions in a database', () => {
    it(
      'takes two statements when it changes its session, one when it only reads, and none without a cookie',
      { timeout: 120_000 },
      async () => {
        const { counts } = await smallFigure('sql-statements')
        const of = (name: string): Record<string, number | undefined> =>
          Object.fromEntries(
            Object.entries(counts)
              .filter(([count]) => count.endsWith(`, ${name}`))
              .map(([count, value]) => [count.slice(0, count.indexOf(',')), value]),
          )
        const returning = {
          noCookie: 0,
          wrongForm: 0,
          // The second looks whether it is absent or taken.
          forged: 2,
          created: 1,
          changed: 2,
          unchanged: 2,
          readonly: 1,
          regenerated: 3,
          // The epoch of the user before and after.
          login: 5,
          regeneratedUser: 3,
          changedUser: 2,
          logout: 2,
        }
        // The lease first, and then what is under it.
        const three = { ...returning, changed: 3, unchanged: 3, regenerated: 4, login: 6, regeneratedUser: 4, changedUser: 3, logout: 4 }
        expect(of('PostgreSQL')).toEqual(returning)
        expect(of('SQLite')).toEqual(returning)
        // It answers with the row, whoever has it.
        expect(of('MariaDB')).toEqual({ ...returning, forged: 1 })
        expect(of("MariaDB, dialect: 'mysql'")).toEqual(three)
      },
    )
  })
})
