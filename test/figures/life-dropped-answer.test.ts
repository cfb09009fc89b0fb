import { expect, it } from 'vitest'
import { describeNeeding } from '../support/needs.ts'
import { countsOf, smallFigure } from './support.ts'

describeNeeding('postgres-server', 'the answer with the new id is cut off the wire', () => {
  describeNeeding('redis-server', 'and the browser comes back with the old one, within the grace', () => {
    it('who was logged in still is, and who was logging in does it once more', { timeout: 180_000 }, async () => {
      const figure = await smallFigure('life-dropped-answer')
      for (const store of ['memory', 'files', 'PostgreSQL', 'Redis']) {
        const all = { times: 20, dropped: 20, renewed: 20, lost: 0, wrongCounts: 0 }
        const rotated = { ...all, keptLogin: 20, anonymous: 0, loggedInAgain: 0, leftBehind: 0 }
        expect(countsOf(figure, `${store}, automatic`)).toEqual(rotated)
        expect(countsOf(figure, `${store}, regenerate`)).toEqual(rotated)
        expect(countsOf(figure, `${store}, login`)).toEqual({ ...all, keptLogin: 0, anonymous: 20, loggedInAgain: 20, leftBehind: 20 })
      }
    })
  })
})
