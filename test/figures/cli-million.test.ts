import { expect, it } from 'vitest'
import { describeNeeding } from '../support/needs.ts'
import { countsOf, smallFigure } from './support.ts'

// 3000 sessions, 20 of them held. Half of them expire then, but for 10 of those that are held.
const EXPECTED = {
  'stats, all runs': 3000,
  'stats, left alone': 0,
  'stats, lost': 0,
  'keys reseal, all runs': 2980,
  'keys reseal, left alone': 20,
  'keys reseal, lost': 0,
  'gc, all runs': 1490,
  'gc, left alone': 0,
  'gc, lost': 0,
  whole: 1510,
  underNew: 1490,
  underOld: 20,
}

describeNeeding('postgres-server', 'the command on PostgreSQL', () => {
  describeNeeding('redis-server', 'the command on stores of many sessions', () => {
    it(
      'loses none when it is killed and when it is stopped, leaves alone who is in use, and finishes the work',
      { timeout: 600_000 },
      async () => {
        const file = await smallFigure('cli-million')
        for (const store of ['PostgreSQL', 'Redis']) expect(countsOf(file, store)).toEqual(EXPECTED)
        // It was in the midst of its work each time.
        for (const row of file.rows) {
          expect(Number(row['done when stopped'])).toBeGreaterThan(0)
          expect(Number(row['done by going on'])).toBeGreaterThan(0)
        }
      },
    )
  })
})
