import type { UpdateResult } from '../../contracts/driver.ts'
import { assert, equal, ofKind } from '../assert.ts'
import { LONG, aRecord, hold, livesFor, markerUnder, newKey, recordUnder, store, storeMarker } from './records.ts'
import type { Suite } from './world.ts'

/** Writes and touches without a lease. */
export function updateTests(suite: Suite): void {
  suite.test('update: Replaces a record at the version given', async ({ driver, other }) => {
    const { key, version } = await store(driver)
    const write = aRecord({ payload: 'new', flash: 'too', userId: '7', ipAddress: undefined, userAgent: 'other' })
    const answer = ofKind(await driver.update(key, write, version), 'written')
    const record = await recordUnder(other, key)
    const { payload, flash, handle, userId, ipAddress, userAgent } = write
    const { createdAt, authenticatedAt, regeneratedAt, lastActivity } = record
    const instants = { createdAt, authenticatedAt, regeneratedAt, lastActivity, expiresAt: answer.expiresAt }
    equal(record, { payload, flash, handle, userId, ipAddress, userAgent, version: answer.version, ...instants })
    equal(answer.expiresAt, lastActivity + LONG, 'expiresAt')
  })

  suite.test('update: It never inserts, and each write raises the version', async ({ driver }) => {
    const { key, version } = await store(driver)
    let at = version
    for (let counter = 2; counter <= 4; counter++) {
      const write = aRecord()
      at = ofKind(await driver.update(key, write, at), 'written').version
      equal(at, { counter, writeToken: write.writeToken })
      equal((await recordUnder(driver, key)).version, at)
    }
    await driver.destroy(key)
    equal(await driver.update(key, aRecord(), at), { kind: 'gone' })
    equal(await driver.read(key), undefined)
  })

  suite.test(
    'update at another version is a conflict and changes nothing: another counter, or another write of that counter',
    async ({ driver }) => {
      const { key, version } = await store(driver)
      ofKind(await driver.update(key, aRecord(), version), 'written')
      const before = await recordUnder(driver, key)
      const { counter, writeToken } = before.version
      for (const other of [version, { counter: counter + 1, writeToken }, { counter, writeToken: version.writeToken }]) {
        equal(await driver.update(key, aRecord(), other), { kind: 'conflict' })
      }
      equal(await recordUnder(driver, key), before)
    },
  )

  suite.test('of 20 updates from one version exactly one is written', async ({ driver, other }) => {
    const { key, version } = await store(driver)
    const writes = Array.from({ length: 20 }, (_, n) => aRecord({ payload: String(n) }))
    const answers = await Promise.all(writes.map((write, n) => (n % 2 === 0 ? driver : other).update(key, write, version)))
    const winners = writes.filter((_, n) => answers[n]?.kind === 'written')
    equal(winners.length, 1, 'winners')
    for (const answer of answers) assert(['written', 'conflict', 'busy'].includes(answer.kind), `an update was answered ${answer.kind}`)
    equal((await recordUnder(driver, key)).version, { counter: 2, writeToken: winners[0]?.writeToken })
  })

  suite.locking('update on a marker is gone, and the marker stays', async ({ driver }) => {
    const { key, version } = await storeMarker(driver)
    const marker = await markerUnder(driver, key)
    equal(await driver.update(key, aRecord(), version), { kind: 'gone' })
    equal(await driver.touch(key, aRecord().durations), { kind: 'gone' })
    equal(await markerUnder(driver, key), marker)
  })

  suite.locking('update and touch are busy while a lease lives, and change nothing', async ({ driver, other }) => {
    const { key, version, write } = await store(driver)
    const { record } = await hold(driver, key)
    for (const from of [version, { counter: 9, writeToken: 'other' }]) {
      equal(await other.update(key, aRecord(), from), { kind: 'busy' })
      equal(await other.touch(key, write.durations, from), { kind: 'busy' })
    }
    equal(await driver.touch(key, write.durations), { kind: 'busy' })
    equal(await recordUnder(other, key), record)
  })

  suite.test('a write may shorten what is left, a shorter setting counts from the write on', async ({ driver, shortMs, pass }) => {
    const { key, version } = await store(driver)
    ofKind(await driver.update(key, aRecord(livesFor(shortMs)), version), 'written')
    await pass(shortMs)
    equal(await driver.read(key), undefined)
  })

  suite.test('touch: Renews `lastActivity` and the expiry, and leaves the version', async ({ driver, other, pass }) => {
    const { key, version, write } = await store(driver, { userId: '7' })
    const before = await recordUnder(driver, key)
    await pass(50)
    const answer = ofKind(await driver.touch(key, write.durations), 'written')
    const after = await recordUnder(other, key)
    assert(after.lastActivity > before.lastActivity, 'lastActivity is later')
    equal(after.expiresAt, after.lastActivity + LONG, 'expiresAt')
    equal(answer, { kind: 'written', version, expiresAt: after.expiresAt })
    equal({ ...after, lastActivity: 0, expiresAt: 0 }, { ...before, lastActivity: 0, expiresAt: 0 }, 'all the rest')
  })

  suite.test('touch: The expiry moves later only', async ({ driver }) => {
    const { key, expiresAt } = await store(driver)
    for (const durations of [
      { idleMs: 1, absoluteMs: undefined },
      { idleMs: LONG, absoluteMs: 1 },
    ]) {
      equal(ofKind(await driver.touch(key, durations), 'written').expiresAt, expiresAt)
    }
    const { expiresAt: later } = ofKind(await driver.touch(key, { idleMs: 2 * LONG, absoluteMs: undefined }), 'written')
    assert(later > expiresAt, 'a longer time moves the expiry')
    equal((await recordUnder(driver, key)).expiresAt, later)
  })

  suite.test('touch: With a version it is refused at another one', async ({ driver }) => {
    const { key, version, write } = await store(driver)
    const before = await recordUnder(driver, key)
    for (const other of [
      { counter: 2, writeToken: version.writeToken },
      { counter: 1, writeToken: 'other' },
    ]) {
      equal(await driver.touch(key, { idleMs: 2 * LONG, absoluteMs: undefined }, other), { kind: 'conflict' })
    }
    equal(await recordUnder(driver, key), before)
    ofKind(await driver.touch(key, write.durations, version), 'written')
    equal(await driver.touch(newKey(), write.durations, version), { kind: 'gone' })
  })

  suite.test('no use carries a session past its absolute limit', async ({ driver, shortMs, pass }) => {
    const durations = { idleMs: LONG, absoluteMs: shortMs }
    const { key, version, expiresAt } = await store(driver, { durations })
    const { createdAt } = await recordUnder(driver, key)
    equal(expiresAt, createdAt + shortMs, 'expiresAt of the insert')
    const ends: UpdateResult[] = [await driver.touch(key, durations), await driver.update(key, aRecord({ createdAt, durations }), version)]
    for (const end of ends) equal(ofKind(end, 'written').expiresAt, createdAt + shortMs)
    await pass(shortMs)
    equal(await driver.read(key), undefined)
  })
}
