import { expect, it } from 'vitest'
import { describeNeeding } from '../support/needs.ts'
import { smallFigure } from './support.ts'

describeNeeding('redis-server', 'processes that hold sessions in Redis are killed, or stopped past their leases', () => {
  it(
    'nothing is lost, the next one gets the session once the lease has ended, and no late write is let in',
    { timeout: 180_000 },
    async () => {
      const { counts } = await smallFigure('redis-kills')
      expect(counts).toMatchObject({ 'SIGKILL: holders': 10, 'SIGKILL: gotIt': 10, 'SIGKILL: tooEarly': 0 })
      expect(counts).toMatchObject({ 'SIGSTOP: holders': 5, 'SIGSTOP: gotIt': 5, 'SIGSTOP: tooEarly': 0 })
      expect(counts).toMatchObject({ 'SIGSTOP: lateAccepted': 0, 'SIGSTOP: lateRefusedAsLost': 5, 'SIGSTOP: lateOtherwise': 0 })
      for (const fault of ['SIGKILL', 'SIGSTOP']) {
        expect(counts).toMatchObject({ [`${fault}: lost`]: 0, [`${fault}: countedTwice`]: 0 })
        expect(counts).toMatchObject({ [`${fault}: emptied`]: 0, [`${fault}: newIds`]: 0, [`${fault}: wrongErrors`]: 0 })
        expect(counts).toMatchObject({ [`${fault}: locksLeft`]: 0, [`${fault}: keysForEver`]: 0 })
      }
      // Each killed holder and each of those who came next made one at least.
      expect(counts['SIGKILL: acknowledged']).toBeGreaterThanOrEqual(20)
    },
  )
})
