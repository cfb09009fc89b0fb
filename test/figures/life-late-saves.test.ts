import { expect, it } from 'vitest'
import { describeNeeding } from '../support/needs.ts'
import { countsOf, smallFigure } from './support.ts'

const ENDS = ['logout', 'invalidate', 'revoke', 'revokeUser', 'expiry']

describeNeeding('postgres-server', 'sessions end while requests of them run and save late', () => {
  describeNeeding('mariadb-server', 'logged out, revoked or expired, on PostgreSQL and MariaDB', () => {
    describeNeeding('redis-server', 'and on Redis, SQLite, files and memory', () => {
      it('no session is brought back', { timeout: 300_000 }, async () => {
        const figure = await smallFigure('life-late-saves')
        for (const store of ['memory', 'files', 'SQLite', 'PostgreSQL', 'MariaDB', 'Redis']) {
          const { broughtBack, saved, late, startedAnew, ...counts } = countsOf(figure, store)
          expect(broughtBack).toBe(0)
          for (const end of ENDS) expect(counts[end]).toBeGreaterThan(10)
          for (const count of [saved, late, startedAnew]) expect(count).toBeGreaterThan(20)
        }
      })
    })
  })
})
