import { assert, equal, ofKind, rejects } from '../assert.ts'
import { LONG, aMarker, aRecord, askFor, hold, livesFor, newKey, newToken, recordUnder, store } from './records.ts'
import type { Suite } from './world.ts'

/** Opening, closing, and when a record exists at all. */
export function lifeTests(suite: Suite): void {
  suite.unopenable('open: Checks the folder, table or server', async (driver) => {
    await rejects(driver.open(), 'ERR_SESSION_DRIVER_FAILED')
  })

  suite.test('open: A second call does nothing', async ({ driver }) => {
    const { key, version } = await store(driver)
    await driver.open()
    equal((await recordUnder(driver, key)).version, version, 'version after a second open')
  })

  suite.locking('open: a second call leaves the leases that are held', async ({ driver, other }) => {
    const { key } = await store(driver)
    const { lease } = await hold(driver, key)
    await driver.open()
    equal(await askFor(other, key), 'busy')
    ofKind(await driver.commit(lease, aRecord(), { leaseMs: LONG }), 'written')
  })

  suite.locking('close: Gives back what the driver holds, its leases included', async ({ driver, other }) => {
    const { key } = await store(driver)
    await hold(driver, key)
    equal(await askFor(other, key), 'busy', 'before close')
    await driver.close()
    if (other === driver) await driver.open()
    equal(await askFor(other, key), 'held', 'after close')
  })

  suite.locking('close gives back leases that went on under another token, or on another key', async ({ driver, other }) => {
    const [kept, moved] = [await store(driver), await store(driver)]
    const [first, second] = [await hold(driver, kept.key), await hold(driver, moved.key)]
    const to = newKey()
    ofKind(await driver.commit(first.lease, aRecord(), { keepLease: newToken(), leaseMs: LONG }), 'written')
    ofKind(await driver.replace(second.lease, to, aRecord(), aMarker(), { keepLease: newToken(), leaseMs: LONG }), 'written')
    await driver.close()
    if (other === driver) await driver.open()
    equal([await askFor(other, kept.key), await askFor(other, to)], ['held', 'held'])
  })

  suite.locking('a lease that was asked for when the driver was closed is not left behind', async ({ driver, other }) => {
    const { key } = await store(driver)
    const asking = driver.acquire(key, { token: newToken(), leaseMs: LONG })
    await Promise.allSettled([driver.close(), asking])
    if (other === driver) await driver.open()
    equal(await askFor(other, key), 'held')
  })

  suite.locking('a lease that was to go on with a write when the driver was closed is not left behind', async ({ driver, other }) => {
    const [kept, moved] = [await store(driver), await store(driver)]
    const [first, second] = [await hold(driver, kept.key), await hold(driver, moved.key)]
    const to = newKey()
    const [replaced] = await Promise.allSettled([
      driver.replace(second.lease, to, aRecord(), aMarker(), { keepLease: newToken(), leaseMs: LONG }),
      driver.commit(first.lease, aRecord(), { keepLease: newToken(), leaseMs: LONG }),
      driver.close(),
    ])
    if (other === driver) await driver.open()
    equal(await askFor(other, kept.key), 'held', 'after a commit')
    // One that was refused leaves under the new key what nobody has the id of.
    const wasWritten = replaced.status === 'fulfilled' && replaced.value.kind === 'written'
    if (wasWritten) equal(await askFor(other, to), 'held', 'after a replacement')
  })

  suite.locking('close leaves the leases of another driver', async ({ driver, other }) => {
    if (other === driver) return
    const { key } = await store(driver)
    const { lease } = await hold(driver, key)
    await other.close()
    await other.open()
    equal(await askFor(other, key), 'busy')
    ofKind(await driver.commit(lease, aRecord(), { leaseMs: LONG }), 'written')
  })

  suite.test('close: A second call does nothing', async ({ driver, other }) => {
    const { key } = await store(driver)
    await driver.close()
    await driver.close()
    if (other === driver) await driver.open()
    await recordUnder(other, key)
  })

  suite.test('the name of a driver fits into events and messages', ({ driver }) => {
    assert(/^[a-z][a-z0-9-]*$/.test(driver.name), `the name '${driver.name}' is not a short word in lower case`)
    return Promise.resolve()
  })

  suite.test('a store that expires by itself leaves nothing to a collector, and only such a store', async ({ driver, shortMs, pass }) => {
    await store(driver, livesFor(shortMs))
    await pass(shortMs)
    equal(await driver.gc(), driver.expiresByItself ? 0 : 1, 'removed by gc')
  })

  suite.test('SessionDriver: A record past its `expiresAt` does not exist: every method treats it as absent', async (world) => {
    const { driver, other, shortMs, pass } = world
    const { key, version, write } = await store(driver, livesFor(shortMs))
    const { expiresAt } = await recordUnder(driver, key)
    await pass(shortMs)
    equal(await driver.read(key), undefined, 'read')
    equal(await other.read(key), undefined, 'read of another')
    equal(await driver.update(key, aRecord(), version), { kind: 'gone' }, 'update')
    equal(await driver.touch(key, write.durations), { kind: 'gone' }, 'touch')
    equal(await driver.destroy(key), { kind: 'nothing' }, 'destroy')
    const again = await store(driver, {}, key)
    equal(again.version.counter, 1, 'counter of the next record under the key')
    assert(again.expiresAt > expiresAt, 'the next record under the key ends later')
  })

  suite.locking('an expired record can be neither locked nor committed', async ({ driver, shortMs, pass }) => {
    const { key } = await store(driver, livesFor(shortMs))
    const { lease } = await hold(driver, key)
    await driver.unlock(lease)
    await pass(shortMs)
    equal(await driver.acquire(key, { token: newToken(), leaseMs: LONG }), { kind: 'absent' }, 'acquire')
    equal(await driver.commit(lease, aRecord(), { leaseMs: LONG }), { kind: 'gone' }, 'commit')
    equal(await driver.renew(lease, LONG), false, 'renew')
    equal(await driver.unlock(lease), false, 'unlock')
  })

  suite.locking('SessionDriver: A record under a live lease does not expire', async ({ driver, other, shortMs, pass }) => {
    const { key, version } = await store(driver, livesFor(shortMs))
    const { lease } = await hold(driver, key)
    await pass(shortMs)
    await driver.gc()
    equal((await recordUnder(other, key)).version, version, 'version under the lease')
    equal(await other.insert(key, aRecord()), undefined, 'insert under the lease')
    ofKind(await driver.commit(lease, aRecord(), { leaseMs: LONG }), 'written')
    await recordUnder(other, key)
  })

  suite.locking('a record that outlived its time under a lease ends with the lease', async ({ driver, other, shortMs, pass }) => {
    const { key } = await store(driver, livesFor(shortMs))
    const { lease } = await hold(driver, key)
    await pass(shortMs)
    await driver.unlock(lease)
    equal(await driver.read(key), undefined)
    equal(await other.read(key), undefined)
  })

  suite.test('SessionDriver: Keeps session records, and nothing else: it knows no cookie, no serializer, no HTTP', async ({ driver }) => {
    // Neither JSON nor anything else that a driver could be tempted to understand.
    const { key, write } = await store(driver, { payload: '{"cookie":', flash: 'Set-Cookie: a=b\r\n' })
    const record = await recordUnder(driver, key)
    equal([record.payload, record.flash], [write.payload, write.flash])
    equal(await driver.read(newKey()), undefined, 'a key that nobody stored')
  })
}
