import { expect, it } from 'vitest'
import { smallFigure } from './support.ts'

it('the built command prints its help each time', { timeout: 120_000 }, async () => {
  const { counts } = await smallFigure('cli-help')
  expect(counts).toEqual({ runs: 2, printed: 2 })
})
