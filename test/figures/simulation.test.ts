import { expect, it } from 'vitest'
import { smallFigure } from './support.ts'

it('no history of the simulation breaks a promise, and each is another', { timeout: 120_000 }, async () => {
  const { counts } = await smallFigure('simulation')
  expect(counts).toMatchObject({ violations: 0, distinct: counts['histories'] })
  expect(counts['steps']).toBeGreaterThanOrEqual(60_000)
  expect(counts['faults']).toBeGreaterThan(1000)
})

it('without a sentence of the protocol the simulation finds what goes wrong', { timeout: 240_000 }, async () => {
  const { counts } = await smallFigure('simulation-mutations')
  expect(counts).toEqual({ mutations: 2, caught: 2 })
})
