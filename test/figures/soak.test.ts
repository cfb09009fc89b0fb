import { expect, it } from 'vitest'
import { slopeOf } from '../../bench/soak/slope.ts'
import { describeNeeding } from '../support/needs.ts'
import { countsOf, smallFigure } from './support.ts'

const NOTHING_LEFT = {
  'files open at rest': 0,
  'handles left': 0,
  'descriptors left': 0,
  'timers left': 0,
  'sockets left': 0,
  'sessions left': 0,
}

it('finds how steep a line is, through points beside it', () => {
  const points = [0, 1, 2, 3].map((x) => ({ x, y: 7 + 3 * x + (x % 3 === 0 ? 0.5 : -0.5) }))
  expect(slopeOf(points)).toBeCloseTo(3)
  expect(slopeOf([{ x: 1, y: 5 }])).toBe(0)
})

describeNeeding('redis-server', 'processes of an application that faults strike', () => {
  it('hold nothing any more when they are closed, and have lost nothing', { timeout: 180_000 }, async () => {
    const figure = await smallFigure('soak')
    for (const driver of ['redis', 'file']) {
      const all = countsOf(figure, driver)
      expect(all, driver).toMatchObject({ violations: 0, undecided: 0 })
      // Else nothing was tried.
      expect(all['operations'], driver).toBeGreaterThan(100)
      expect((all['stop'] ?? 0) + (all['stall'] ?? 0) + (all['client-cut'] ?? 0) + (all['client-delay'] ?? 0), driver).toBeGreaterThan(0)
      expect(all, driver).not.toHaveProperty('kill')
      for (const process of ['process 1', 'process 2', 'idle']) {
        const own = countsOf(figure, `${driver}, ${process}`)
        expect(own, `${driver}, ${process}`).toMatchObject(NOTHING_LEFT)
        expect(own['readings'], `${driver}, ${process}`).toBeGreaterThanOrEqual(3)
        if (process === 'idle') expect(own['requests']).toBe(0)
        else expect(own['requests'], `${driver}, ${process}`).toBeGreaterThan(20)
      }
    }
    expect(figure.rows.map(({ process }) => process)).toEqual(['1 of 2', '2 of 2', 'idle', '1 of 2', '2 of 2', 'idle'])
  })
})
