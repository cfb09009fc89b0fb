import { expect, it } from 'vitest'
import { smallFigure } from './support.ts'

it('what is done wrong is noticed, by the proof and by tests', { timeout: 240_000 }, async () => {
  const { counts } = await smallFigure('proof-mutations')
  expect(counts).toEqual({ mutations: 2, caught: 2, 'caught by the proof': 1 })
})
