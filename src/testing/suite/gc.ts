import { assert, equal, ofKind } from '../assert.ts'
import { GIVE_BACK, aMarker, aRecord, hold, livesFor, newKey, recordUnder, store } from './records.ts'
import type { Suite } from './world.ts'

/** Collecting what has expired. */
export function gcTests(suite: Suite): void {
  suite.locking('gc: Removes expired records and markers in batches that stall nobody', async ({ driver, other, shortMs, pass }) => {
    const live = await store(driver)
    for (let n = 0; n < 30; n++) await store(driver, livesFor(shortMs))
    const { key } = await store(driver, livesFor(shortMs))
    const { lease } = await hold(driver, key)
    const marker = aMarker({ minimumMs: 1, maximumMs: shortMs })
    ofKind(await driver.replace(lease, newKey(), aRecord(livesFor(shortMs)), marker, GIVE_BACK), 'written')
    await pass(shortMs)

    const order: string[] = []
    const collecting = driver.gc({ batchSize: 4 }).then((removed) => {
      order.push('gc')
      return removed
    })
    const reading = recordUnder(other, live.key).then(() => order.push('read'))
    const [removed] = await Promise.all([collecting, reading])
    if (driver.expiresByItself) return
    equal(removed, 32, 'removed')
    equal(order, ['read', 'gc'], 'a read beside a collection of 8 batches ends first')
    equal(await driver.read(key), undefined)
    await recordUnder(driver, live.key)
  })

  suite.test('gc: Answers how many', async ({ driver, other, shortMs, pass }) => {
    equal(await driver.gc(), 0, 'nothing stored')
    await store(driver)
    equal(await driver.gc(), 0, 'nothing expired')
    const expired = await Promise.all(Array.from({ length: 25 }, () => store(driver, livesFor(shortMs))))
    await pass(shortMs)
    equal(await driver.gc({ batchSize: 10 }), driver.expiresByItself ? 0 : expired.length)
    equal(await other.gc(), 0, 'a second time')
  })

  suite.test('a record that was used is not collected', async ({ driver, shortMs, pass }) => {
    const { key, version } = await store(driver, livesFor(shortMs))
    const touched = await store(driver, livesFor(shortMs))
    ofKind(await driver.update(key, aRecord(), version), 'written')
    ofKind(await driver.touch(touched.key, aRecord().durations), 'written')
    await pass(shortMs)
    equal(await driver.gc(), 0)
    await recordUnder(driver, key)
    await recordUnder(driver, touched.key)
  })

  suite.locking('a leased record is not collected, and is once the lease was given back', async ({ driver, other, shortMs, pass }) => {
    const { key } = await store(driver, livesFor(shortMs))
    const { lease } = await hold(driver, key)
    await pass(shortMs)
    equal(await other.gc(), 0, 'under the lease')
    equal(await driver.renew(lease, 1000), true, 'the lease is still held')
    await driver.unlock(lease)
    equal(await other.gc(), driver.expiresByItself ? 0 : 1, 'afterwards')
  })

  suite.test('an aborted collection stops after a batch', async ({ driver, shortMs, pass }) => {
    await Promise.all(Array.from({ length: 30 }, () => store(driver, livesFor(shortMs))))
    await pass(shortMs)
    const removed = await driver.gc({ batchSize: 10, signal: AbortSignal.abort() })
    assert(removed <= 10, `${removed} were removed after the abort`)
    equal(await driver.gc(), driver.expiresByItself ? 0 : 30 - removed, 'the rest is left for the next one')
  })

  suite.test('a collection beside inserts takes none of them', async ({ driver, other, shortMs, pass }) => {
    const expired = await Promise.all(Array.from({ length: 20 }, () => store(driver, livesFor(shortMs))))
    await pass(shortMs)
    const [, ...again] = await Promise.all([driver.gc({ batchSize: 3 }), ...expired.map(({ key }) => other.insert(key, aRecord()))])
    for (const [n, { key }] of expired.entries()) if (again[n] !== undefined) await recordUnder(driver, key)
  })
}
