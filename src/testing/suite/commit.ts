import { assert, equal, ofKind } from '../assert.ts'
import { GIVE_BACK, LONG, aRecord, askFor, hold, livesFor, markerUnder, newToken, recordUnder, store, storeMarker } from './records.ts'
import type { Suite } from './world.ts'

/** Writing under a lease. */
export function commitTests(suite: Suite): void {
  suite.locking('commit: Writes under the lease and gives it back', async ({ driver, other }) => {
    const { key } = await store(driver)
    const { lease } = await hold(driver, key)
    const write = aRecord({ payload: 'new', flash: 'too', userId: '7' })
    const written = ofKind(await driver.commit(lease, write, GIVE_BACK), 'written')
    const record = await recordUnder(other, key)
    equal([record.payload, record.flash, record.userId, record.handle], ['new', 'too', '7', write.handle])
    equal(record.version, { counter: 2, writeToken: write.writeToken })
    equal(record.expiresAt, record.lastActivity + LONG, 'expiresAt')
    const { version, expiresAt } = record
    equal(written, { kind: 'written', version, expiresAt, lease: undefined, readBack: false })
    equal(await askFor(other, key), 'held', 'the lease')
  })

  suite.locking('commit: Refused unless the lease is held and the record is at the version read', async ({ driver, other }) => {
    const { key, version } = await store(driver)
    const { lease } = await hold(driver, key)
    const before = await recordUnder(driver, key)
    equal(await driver.commit({ ...lease, token: newToken() }, aRecord(), GIVE_BACK), { kind: 'lost' }, 'another token')
    equal(
      await driver.commit({ ...lease, version: { counter: 2, writeToken: version.writeToken } }, aRecord(), GIVE_BACK),
      { kind: 'lost' },
      'another counter',
    )
    equal(
      await driver.commit({ ...lease, version: { counter: 1, writeToken: newToken() } }, aRecord(), GIVE_BACK),
      { kind: 'lost' },
      'another write',
    )
    equal(await askFor(other, key), 'busy', 'the lease is left')
    await driver.unlock(lease)
    equal(await driver.commit(lease, aRecord(), GIVE_BACK), { kind: 'lost' }, 'after it was given back')
    await hold(other, key)
    equal(await driver.commit(lease, aRecord(), GIVE_BACK), { kind: 'lost' }, "under another's lease")
    equal(await recordUnder(driver, key), before, 'the record')
  })

  suite.locking('commit: Without a record it only gives the lease back', async ({ driver, other, pass }) => {
    const { key, version, expiresAt } = await store(driver)
    const before = await recordUnder(driver, key)
    await pass(20)
    const { lease } = await hold(driver, key)
    const written = await driver.commit(lease, undefined, GIVE_BACK)
    equal(written, { kind: 'written', version, expiresAt, lease: undefined, readBack: false })
    equal(await recordUnder(other, key), before, 'the record')
    equal(await askFor(other, key), 'held', 'the lease')
  })

  suite.locking('a commit of nothing may touch: later expiry, same version', async ({ driver, other, pass }) => {
    const { key, version } = await store(driver, { durations: { idleMs: LONG, absoluteMs: 2 * LONG } })
    const before = await recordUnder(driver, key)
    await pass(20)
    const { lease } = await hold(driver, key)
    const touch = { idleMs: LONG, absoluteMs: 2 * LONG }
    const written = ofKind(await driver.commit(lease, undefined, { ...GIVE_BACK, touch }), 'written')
    const after = await recordUnder(other, key)
    assert(after.lastActivity > before.lastActivity, 'lastActivity is later')
    equal(after.expiresAt, after.lastActivity + LONG, 'expiresAt')
    equal([written.version, written.expiresAt], [version, after.expiresAt])
    equal(await askFor(other, key), 'held', 'the lease')

    const next = await hold(driver, key)
    const shorter = await driver.commit(next.lease, undefined, { ...GIVE_BACK, touch: { idleMs: 1, absoluteMs: undefined } })
    equal(ofKind(shorter, 'written').expiresAt, after.expiresAt, 'a shorter time moves nothing')
  })

  suite.locking('a commit of nothing is refused like one of a record', async ({ driver, other }) => {
    const { key } = await store(driver)
    const { lease } = await hold(driver, key)
    equal(await driver.commit({ ...lease, token: newToken() }, undefined, GIVE_BACK), { kind: 'lost' }, 'another token')
    equal(await askFor(other, key), 'busy', 'the lease')
    await driver.unlock(lease)
    equal(await driver.commit(lease, undefined, GIVE_BACK), { kind: 'lost' }, 'not held any more')
  })

  suite.locking('commit: A record that was destroyed under the lease is `gone`', async ({ driver, other }) => {
    const { key } = await store(driver)
    const { lease } = await hold(driver, key)
    await other.destroy(key)
    equal(await driver.commit(lease, aRecord(), GIVE_BACK), { kind: 'gone' })
    equal(await driver.read(key), undefined, 'and stays gone')
  })

  suite.locking('a commit onto a marker is gone, and the marker stays', async ({ driver }) => {
    const { key, version } = await storeMarker(driver)
    const marker = await markerUnder(driver, key)
    equal(await driver.commit({ key, token: newToken(), version }, aRecord(), GIVE_BACK), { kind: 'gone' })
    equal(await markerUnder(driver, key), marker)
  })

  suite.locking(
    'commit: With `keepLease` the lease goes on under the new token and the old token holds nothing',
    async ({ driver, other }) => {
      const { key } = await store(driver)
      const { lease } = await hold(driver, key)
      const keepLease = newToken()
      const written = ofKind(await driver.commit(lease, aRecord(), { keepLease, leaseMs: LONG }), 'written')
      equal(written.lease, { key, token: keepLease, version: written.version }, 'the lease that goes on')
      equal(await askFor(other, key), 'busy')
      const late = { ...lease, version: written.version }
      equal(await driver.commit(late, aRecord(), GIVE_BACK), { kind: 'lost' }, 'commit with the old token')
      equal(await driver.renew(late, LONG), false, 'renew with the old token')
      equal(await driver.unlock(late), false, 'unlock with the old token')
      const kept = written.lease ?? lease
      equal(await driver.renew(kept, LONG), true, 'renew with the new token')
      equal(ofKind(await driver.commit(kept, aRecord(), GIVE_BACK), 'written').version.counter, 3, 'counter after the next commit')
      equal(await askFor(other, key), 'held', 'the lease at the end')
    },
  )

  suite.locking('a commit of nothing may let the lease go on, and touch as well', async ({ driver, other, pass }) => {
    const { key, version } = await store(driver)
    const { lease, record } = await hold(driver, key)
    await pass(20)
    const [first, second] = [newToken(), newToken()]
    const plain = ofKind(await driver.commit(lease, undefined, { keepLease: first, leaseMs: LONG }), 'written')
    equal(plain.lease, { key, token: first, version }, 'the lease that goes on')
    equal(await recordUnder(other, key), record, 'the record')
    equal(await driver.unlock(lease), false, 'unlock with the old token')
    const touch = { idleMs: LONG, absoluteMs: undefined }
    const touched = ofKind(await driver.commit(plain.lease ?? lease, undefined, { keepLease: second, leaseMs: LONG, touch }), 'written')
    equal(touched.lease, { key, token: second, version }, 'the lease that goes on after a touch')
    assert(touched.expiresAt > record.expiresAt, 'the expiry is later')
    equal((await recordUnder(other, key)).expiresAt, touched.expiresAt, 'expiresAt of the record')
    equal(await askFor(other, key), 'busy', 'the lease')
    ofKind(await driver.commit(touched.lease ?? lease, aRecord(), GIVE_BACK), 'written')
    equal(await askFor(other, key), 'held', 'the lease at the end')
  })

  suite.leaseEnds('a lease that goes on has the time it was given', async ({ driver, other, shortMs, pass }) => {
    const { key } = await store(driver)
    const { lease } = await hold(driver, key)
    const written = ofKind(await driver.commit(lease, aRecord(), { keepLease: newToken(), leaseMs: shortMs }), 'written')
    await pass(shortMs)
    equal(await driver.commit(written.lease ?? lease, aRecord(), GIVE_BACK), { kind: 'lost' })
    equal(await askFor(other, key), 'held')
  })

  suite.locking('a commit is not late because its record’s time ran out under the lease', async ({ driver, other, shortMs, pass }) => {
    const { key } = await store(driver, livesFor(shortMs))
    const { lease } = await hold(driver, key)
    await pass(shortMs)
    const written = ofKind(await driver.commit(lease, aRecord({ payload: 'in time' }), GIVE_BACK), 'written')
    const record = await recordUnder(other, key)
    equal([record.payload, record.expiresAt], ['in time', written.expiresAt])
  })
}
