import type { LockingDriver, SessionDriver } from '../../contracts/driver.ts'
import type { StoreKey } from '../../session/id.ts'
import { equal, ofKind } from '../assert.ts'
import { GIVE_BACK, aRecord, newToken, recordUnder, store, turn } from './records.ts'
import type { Suite } from './world.ts'

const WORKERS = 8

/** Many at once on one session. */
export function contentionTests(suite: Suite): void {
  suite.locking(
    'no increment is lost when 8 workers of two drivers raise one counter 500 times under a lease',
    async ({ driver, other }) => {
      const { key } = await store(driver, { payload: '0' })
      await together(500, driver, other, (one) => increment(one, key))
      const { payload, version } = await recordUnder(driver, key)
      equal([payload, version.counter], ['500', 501])
    },
  )

  suite.test('no increment is lost when 8 workers of two drivers raise one counter 200 times by its version', async ({ driver, other }) => {
    const { key } = await store(driver, { payload: '0' })
    await together(200, driver, other, async (one) => {
      const { payload, version } = await recordUnder(one, key)
      const { kind } = await one.update(key, aRecord({ payload: String(Number(payload) + 1) }), version)
      return kind === 'written'
    })
    const { payload, version } = await recordUnder(driver, key)
    equal([payload, version.counter], ['200', 201])
  })

  suite.locking('no increment is lost when leases and versions are used side by side', async ({ driver, other }) => {
    const { key } = await store(driver, { payload: '0' })
    let n = 0
    await together(200, driver, other, async (one) => {
      n += 1
      if (n % 2 === 0) return increment(one, key)
      const { payload, version } = await recordUnder(one, key)
      return (await one.update(key, aRecord({ payload: String(Number(payload) + 1) }), version)).kind === 'written'
    })
    equal((await recordUnder(driver, key)).payload, '200')
  })
}

/** Lets the workers do something until it was done so many times; what answers `false` is tried again. */
async function together<Driver extends SessionDriver>(
  times: number,
  driver: Driver,
  other: Driver,
  work: (driver: Driver) => Promise<boolean>,
): Promise<void> {
  let left = times
  const workers = Array.from({ length: WORKERS }, async (_, n) => {
    while (left > 0) {
      left -= 1
      while (!(await work(n % 2 === 0 ? driver : other))) await turn()
    }
  })
  await Promise.all(workers)
}

async function increment(driver: LockingDriver, key: StoreKey): Promise<boolean> {
  const acquired = await driver.acquire(key, { token: newToken(), leaseMs: 60_000 })
  if (acquired.kind === 'busy') return false
  const { lease, record } = ofKind(acquired, 'held')
  await turn()
  ofKind(await driver.commit(lease, aRecord({ payload: String(Number(record.payload) + 1) }), GIVE_BACK), 'written')
  return true
}
