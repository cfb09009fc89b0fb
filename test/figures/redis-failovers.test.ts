import { expect, it } from 'vitest'
import { describeNeeding } from '../support/needs.ts'
import { smallFigure } from './support.ts'

describeNeeding('redis-server', 'sentinels make the replica the master', () => {
  it('no session is emptied or replaced, none counted twice, and no master lets two holders commit', { timeout: 180_000 }, async () => {
    const { counts } = await smallFigure('redis-failovers')
    expect(counts).toMatchObject({ failovers: 1, locksLeft: 0, keysForEver: 0 })
    for (const writes of ['as by default', 'waitReplicas: 1']) {
      expect(counts).toMatchObject({ [`${writes}: emptied`]: 0, [`${writes}: newIds`]: 0, [`${writes}: wrongErrors`]: 0 })
      expect(counts).toMatchObject({ [`${writes}: countedTwice`]: 0, [`${writes}: doubleHolders`]: 0 })
      // What was acknowledged before and after it. A failover may lose some: how many is counted, not promised.
      expect(counts[`${writes}: acknowledged`]).toBeGreaterThanOrEqual(200)
    }
  })
})
