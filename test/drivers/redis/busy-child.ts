// Does whatever sessions are used for, without an end, until it is killed. Arguments: the server's URL and the prefix.
import { createClient } from 'redis'
import { RedisDriver } from '../../../src/drivers/redis/redis-driver.ts'
import { aMarker, aRecord, hold, newKey, newToken, recordUnder, someTexts, store } from '../../../src/testing/suite/records.ts'

const [url = '', prefix = ''] = process.argv.slice(2)
const WORKERS = 8
const LEASE_MS = 60_000

const driver = new RedisDriver({ client: createClient({ url }), prefix })
await driver.open()

async function work(n: number): Promise<never> {
  for (let round = 0; ; round++) {
    const { key, version, write } = await store(driver, { userId: String(n), durations: { idleMs: 120_000, absoluteMs: 600_000 } })
    await driver.update(key, { ...write, writeToken: newToken() }, version)
    await driver.touch(key, { idleMs: 180_000, absoluteMs: undefined })
    const { version: touched } = await recordUnder(driver, key)
    await driver.rewrite(key, someTexts(), touched)
    const first = await hold(driver, key, LEASE_MS)
    await driver.renew(first.lease, 2 * LEASE_MS)
    await driver.commit(first.lease, aRecord({ userId: `other ${n}` }), { leaseMs: LEASE_MS })
    const second = await hold(driver, key, LEASE_MS)
    await driver.commit(second.lease, undefined, { leaseMs: LEASE_MS, touch: { idleMs: 240_000, absoluteMs: undefined } })
    const third = await hold(driver, key, LEASE_MS)
    await driver.replace(third.lease, newKey(), aRecord({ userId: String(n) }), round % 2 === 0 ? aMarker() : undefined, {
      leaseMs: LEASE_MS,
    })
    if (round % 5 === 0) await driver.revokeUser(String(n))
    if (round === 1) process.stdout.write('busy\n')
  }
}

await Promise.all(Array.from({ length: WORKERS }, (_, n) => work(n)))
