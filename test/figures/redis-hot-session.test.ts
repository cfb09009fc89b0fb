import { expect, it } from 'vitest'
import { describeNeeding } from '../support/needs.ts'
import { smallFigure } from './support.ts'

describeNeeding('redis-server', 'a session that the waiters of several processes want all the time', () => {
  it('is had by each in turn, and loses no increment', { timeout: 120_000 }, async () => {
    const { counts } = await smallFigure('redis-hot-session')
    // 5 waiters a process, 4 turns each.
    for (const way of ['holdfast', 'fixed', 'exponential']) {
      for (const workMs of [0, 2]) expect(counts).toMatchObject(hadBy(`${way}, 2 processes, ${workMs} ms`, 40))
    }
    expect(counts).toMatchObject({ ...hadBy('holdfast, 4 processes, 0 ms', 80), ...hadBy('alone', 4) })
    for (const name of ['holdfast, 4 processes, 0 ms', 'holdfast, 2 processes, 0 ms', 'holdfast, 2 processes, 2 ms']) {
      expect(counts).toMatchObject({ [`${name}: out of turn`]: 0 })
    }
  })
})

function hadBy(name: string, turns: number): Record<string, number> {
  return { [`${name}: turns`]: turns, [`${name}: lost`]: 0 }
}
