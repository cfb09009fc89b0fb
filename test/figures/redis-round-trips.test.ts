import { expect, it } from 'vitest'
import { describeNeeding } from '../support/needs.ts'
import { smallFigure } from './support.ts'

describeNeeding('redis-server', 'a request of Express with sessions in Redis', () => {
  it(
    'takes two round trips when it changes its session, one when it only reads, and none without a cookie',
    { timeout: 120_000 },
    async () => {
      const { counts } = await smallFigure('redis-round-trips')
      const of = (name: string): Record<string, number | undefined> =>
        Object.fromEntries(
          Object.entries(counts)
            .filter(([count]) => count.endsWith(`, ${name}`))
            .map(([count, value]) => [count.replace(`, ${name}`, ''), value]),
        )
      const expected = {
        noCookie: 0,
        wrongForm: 0,
        forged: 1,
        created: 1,
        changed: 2,
        unchanged: 2,
        readonly: 1,
        regenerated: 3,
        // Into the index of the user and the epoch before and after.
        login: 5,
        // One of them is sent after the answer: the old id leaves the index.
        regeneratedUser: 5,
        changedUser: 2,
        logout: 3,
      }
      expect(of('node-redis')).toEqual(expected)
      expect(of('ioredis')).toEqual(expected)
    },
  )
})
