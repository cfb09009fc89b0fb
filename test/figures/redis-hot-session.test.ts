import { expect, it } from 'vitest'
import { describeNeeding } from '../support/needs.ts'
import { smallFigure } from './support.ts'

describeNeeding('redis-server', 'a session that ten waiters in two processes want all the time', () => {
  it('is had by each in turn, and loses no increment', { timeout: 120_000 }, async () => {
    const { counts } = await smallFigure('redis-hot-session')
    for (const way of ['holdfast', 'fixed', 'exponential']) {
      for (const workMs of [0, 2]) {
        // 2 processes with 5 waiters each, 4 turns each.
        expect(counts).toMatchObject({ [`${way}, ${workMs} ms: turns`]: 40, [`${way}, ${workMs} ms: lost`]: 0 })
      }
    }
    expect(counts).toMatchObject({ 'holdfast, 0 ms: out of turn': 0, 'holdfast, 2 ms: out of turn': 0 })
  })
})
