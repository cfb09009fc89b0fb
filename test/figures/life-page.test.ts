import { expect, it } from 'vitest'
import { describeNeeding } from '../support/needs.ts'
import { countsOf, smallFigure } from './support.ts'

describeNeeding('redis-server', 'a page that sends 12 requests of one session at once', () => {
  it('loses nothing, in any mode on any store', { timeout: 300_000 }, async () => {
    const file = await smallFigure('life-page')
    for (const store of ['memory', 'files', 'SQLite', 'PostgreSQL', 'MariaDB', 'Redis']) {
      for (const concurrency of ['readonly', 'merge', 'exclusive']) {
        expect(countsOf(file, `${store}, ${concurrency}`), `${store}, ${concurrency}`).toEqual({ answered: 39, failed: 0, lost: 0 })
      }
    }
  })
})
