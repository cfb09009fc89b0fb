import { expect, it } from 'vitest'
import { targetNames } from '../../proof/fuzz/targets.ts'
import { smallFigure } from './support.ts'

it('no target of the fuzzer breaks its promise in its first inputs', { timeout: 300_000 }, async () => {
  const { counts, rows } = await smallFigure('fuzz')
  expect(counts).toMatchObject({ targets: targetNames.length, found: 0 })
  expect(counts['executions']).toBeGreaterThanOrEqual(500 * targetNames.length)
  expect(rows.map(({ target }) => target)).toEqual(targetNames)
})
