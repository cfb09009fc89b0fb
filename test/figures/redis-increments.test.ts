import { expect, it } from 'vitest'
import { describeNeeding } from '../support/needs.ts'
import { smallFigure } from './support.ts'

describeNeeding('redis-server', 'eight processes raise the counter of one session in Redis', () => {
  it('no increment is lost and no lock left behind', { timeout: 180_000 }, async () => {
    const { counts } = await smallFigure('redis-increments')
    expect(counts).toEqual({ processes: 8, acknowledged: 1000, lost: 0, tooMany: 0, locksLeft: 0, keysForEver: 0 })
  })
})
