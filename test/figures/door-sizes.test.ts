import { beforeAll, expect, it } from 'vitest'
import type { FigureFile } from '../../bench/figures/figure.ts'
import { readPackageJson, repository } from '../../scripts/support/check.ts'
import { smallFigure } from './support.ts'

let figure: FigureFile
beforeAll(async () => {
  figure = await smallFigure('door-sizes')
}, 240_000)

it('every door of the package has a size, and what it shares with the core is counted once', () => {
  const { counts, rows } = figure
  const doors = Object.keys(readPackageJson(repository).exports).filter((path) => path !== './package.json')
  expect(rows.map(({ door }) => door)).toEqual(doors.map((path) => path.replace('.', 'holdfast')))
  const core = counts['.'] ?? 0
  for (const path of doors) {
    const alone = counts[path] ?? 0
    const withCore = counts[`${path} with core`] ?? 0
    expect(alone).toBeGreaterThan(0)
    // Compression gains or loses a little by what stands beside.
    expect(withCore).toBeGreaterThan(core * 0.97)
    expect(withCore).toBeLessThan((core + alone) * 1.03)
  }
})

it('the goal for Hono with the core is shown as missed while it is, and as reached when it is', () => {
  const { counts, rows } = figure
  const isMissed = (counts['./hono with core'] ?? 0) > (counts['honoGoalBytes'] ?? 0)
  expect(rows.filter(({ goal }) => goal !== '')).toEqual([
    expect.objectContaining({ door: 'holdfast/hono', goal: `at most 18 kB with the core: ${isMissed ? 'missed' : 'reached'}` }),
  ])
})
