import { expect, it } from 'vitest'
import { describeNeeding } from '../support/needs.ts'
import { smallFigure } from './support.ts'

describeNeeding('redis-server', 'the server of sessions is restarted, and connections to it are cut at each command', () => {
  it('nothing acknowledged is lost, nothing counted twice, no session emptied or replaced', { timeout: 180_000 }, async () => {
    const { counts } = await smallFigure('redis-cuts')
    expect(counts['restarts: restarts']).toBe(2)
    for (const run of ['restarts', 'node-redis', 'ioredis']) {
      expect(counts).toMatchObject({ [`${run}: lost`]: 0, [`${run}: countedTwice`]: 0, [`${run}: wrongErrors`]: 0 })
      expect(counts).toMatchObject({ [`${run}: emptied`]: 0, [`${run}: newIds`]: 0 })
      expect(counts).toMatchObject({ [`${run}: locksLeft`]: 0, [`${run}: keysForEver`]: 0 })
    }
    // Else nothing was tried.
    expect(counts['restarts: acknowledged']).toBeGreaterThanOrEqual(150)
    for (const library of ['node-redis', 'ioredis']) {
      expect(counts[`${library}: cuts`]).toBeGreaterThanOrEqual(10)
      expect(counts[`${library}: failed`]).toBeGreaterThan(0)
      expect(counts[`${library}: acknowledged`]).toBeGreaterThan(0)
    }
  })
})
