import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { check } from '../../../proof/history/check.ts'
import { lineOf } from '../../../proof/history/report.ts'
import { honest } from './honest.ts'

describe('check', () => {
  it('finds nothing in what a store without a fault answers, whatever overlaps and is lost', () => {
    fc.assert(
      fc.property(honest, ({ history, leftovers }) => {
        const { verdicts, isClean } = check(history, leftovers)
        const found = Object.values(verdicts).flatMap(({ violations, undecided }) => [...undecided, ...violations])
        expect(found.map((one) => (typeof one === 'string' ? one : [one.what, ...one.shownBy.map(lineOf)]))).toEqual([])
        expect(isClean).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })
})
