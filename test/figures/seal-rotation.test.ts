import { expect, it } from 'vitest'
import { runRotations } from '../../bench/seal/rotation.ts'
import { withFolder } from '../../bench/file/support.ts'
import { describeNeeding } from '../support/needs.ts'
import { countsOf, smallFigure } from './support.ts'

const NOTHING_AMISS = {
  deployments: 6,
  resealed: expect.any(Number),
  skipped: expect.any(Number),
  failedOpens: 0,
  failedRequests: 0,
  newIds: 0,
  lost: 0,
  tooMany: 0,
  underOldKey: 0,
  recordsUnderOldKey: 0,
  otherEvents: 0,
}

describeNeeding('redis-server', 'the key is changed on two servers while both answer requests', () => {
  it('no visitor notices, and nothing is left under the old key', { timeout: 300_000 }, async () => {
    const file = await smallFigure('seal-rotation')
    for (const store of ['files', 'Redis']) {
      const { requests, ...others } = countsOf(file, store)
      expect(requests).toBeGreaterThanOrEqual(1000)
      expect(others).toEqual(NOTHING_AMISS)
      // At least those that nobody asked for meanwhile.
      expect(others['resealed']).toBeGreaterThanOrEqual(50)
    }
  })
})

it(
  'a key that one server seals with before the other knows it is seen as failed opens, and nothing stored is lost',
  { timeout: 300_000 },
  async () => {
    const run = { rotations: 1, requests: 300, busy: 10, quiet: 5, atOnce: 4, withoutAdding: true }
    const { failedOpens, newIds, lost, tooMany } = await withFolder((address) =>
      runRotations({ ...run, store: { kind: 'files', address } }),
    )
    expect(failedOpens).toBeGreaterThan(0)
    expect(newIds).toBeGreaterThan(0)
    expect([lost, tooMany]).toEqual([0, 0])
  },
)
