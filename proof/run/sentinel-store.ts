import { leftoversIn } from '../../bench/redis/place.ts'
import { startSentinel } from '../../test/support/redis-sentinel.ts'
import { type Store, neverExpiring } from './store.ts'

/** A durable master and its replica, watched by sentinels. */
export async function startSentinelStore(): Promise<Store> {
  const sentinel = await startSentinel({ durable: true })
  return {
    driver: 'redis',
    title: 'Redis with sentinels',
    address: JSON.stringify(sentinel.addresses),
    sentinel,
    pieces: async () => neverExpiring(await leftoversIn(sentinel.master)),
    [Symbol.asyncDispose]: () => sentinel.stop(),
  }
}
