import { expect, it } from 'vitest'
import { describeNeeding } from '../support/needs.ts'
import { countsOf, smallFigure } from './support.ts'

const NOTHING_AMISS = { notOneSuccessor: 0, lost: 0, overwritten: 0, accepted: 0, incrementsLost: 0, wrong: 0 }

describeNeeding('postgres-server', 'a session gets a new id while its browser has 20 requests under way with the old one', () => {
  describeNeeding('redis-server', 'at a login, by regenerate() and by its age', () => {
    it(
      'there is one session afterwards, whose cookie no late answer takes away, and the old id is nothing after the grace',
      { timeout: 180_000 },
      async () => {
        const figure = await smallFigure('life-login')
        for (const store of ['memory', 'files', 'PostgreSQL', 'Redis']) {
          for (const kind of ['login', 'regenerate', 'automatic']) {
            const { times = 0, inGrace, increments, ...counts } = countsOf(figure, `${store}, ${kind}`)
            expect(counts).toMatchObject({ ...NOTHING_AMISS, requests: 20 * times })
            // Of each browser one had to wait for the new id.
            expect(inGrace).toBeGreaterThanOrEqual(times - (counts['tooLate'] ?? 0))
            expect(increments).toBeGreaterThan(times)
            if (kind === 'login') expect(counts['refused']).toBeGreaterThan(0)
          }
        }
      },
    )
  })
})
