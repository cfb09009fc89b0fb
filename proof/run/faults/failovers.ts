import type { FailoverBy } from '../../../test/support/redis-sentinel.ts'
import type { StoreFault } from './fault.ts'

const WAYS: readonly FailoverBy[] = ['kill', 'pause', 'command']

/** What is written in the last moments of a master may not have come to the replica: a store that forgets what it has acknowledged. */
export const failover: StoreFault = {
  scope: 'store',
  name: 'failover',
  what: 'sentinels make the replica of a Redis the master, which was killed, stopped, or they are told to',
  fits: ({ sentinel }) => sentinel !== undefined,
  strike: async ({ sentinel }, { count }) => {
    if (sentinel === undefined) throw new TypeError('this store has no sentinels')
    await sentinel.failover(WAYS[count % WAYS.length] ?? 'kill')
    return true
  },
}
