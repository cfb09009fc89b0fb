import { assert, equal } from '../assert.ts'
import { LONG, aRecord, livesFor, markerUnder, newKey, recordUnder, store, storeMarker } from './records.ts'
import type { Suite } from './world.ts'

/** How records come to be, and with which instants. */
export function insertTests(suite: Suite): void {
  suite.test('insert: Adds a record: the only way one comes to be', async ({ driver }) => {
    const key = newKey()
    const { durations } = aRecord()
    const version = { counter: 1, writeToken: 'none' }
    equal(await driver.update(key, aRecord(), version), { kind: 'gone' }, 'update')
    equal(await driver.touch(key, durations), { kind: 'gone' }, 'touch')
    equal(await driver.read(key), undefined)
    await store(driver, {}, key)
    await recordUnder(driver, key)
  })

  suite.test('insert: Answers `undefined`, and changes nothing, when the key is taken', async ({ driver, other }) => {
    const { key } = await store(driver, { userId: '7' })
    const before = await recordUnder(driver, key)
    equal(await driver.insert(key, aRecord({ userId: '8' })), undefined)
    equal(await other.insert(key, aRecord()), undefined)
    equal(await recordUnder(driver, key), before)
  })

  suite.locking('insert: A marker takes its key', async ({ driver, other }) => {
    const { key } = await storeMarker(driver)
    const marker = await markerUnder(driver, key)
    equal(await driver.insert(key, aRecord()), undefined)
    equal(await other.insert(key, aRecord()), undefined)
    equal(await markerUnder(driver, key), marker)
  })

  suite.test("insert: The first version's counter is 1", async ({ driver }) => {
    const { key, version, write } = await store(driver)
    equal(version, { counter: 1, writeToken: write.writeToken })
    equal((await recordUnder(driver, key)).version, version)
  })

  suite.test('of 50 inserts of one key at the same time exactly one wins', async ({ driver, other }) => {
    const key = newKey()
    const writes = Array.from({ length: 50 }, (_, n) => aRecord({ payload: String(n) }))
    const answers = await Promise.all(writes.map((write, n) => (n % 2 === 0 ? driver : other).insert(key, write)))
    const winners = writes.filter((_, n) => answers[n] !== undefined)
    equal(winners.length, 1, 'winners')
    const record = await recordUnder(driver, key)
    equal([record.payload, record.version], [winners[0]?.payload, { counter: 1, writeToken: winners[0]?.writeToken }])
  })

  suite.test('instants that are handed in are kept, and the driver makes the others', async ({ driver }) => {
    const first = await store(driver)
    const { lastActivity } = await recordUnder(driver, first.key)
    const instants = { createdAt: lastActivity - 5000, authenticatedAt: lastActivity - 4000, regeneratedAt: lastActivity - 3000 }
    const { key } = await store(driver, instants)
    const record = await recordUnder(driver, key)
    const { createdAt, authenticatedAt, regeneratedAt } = record
    equal({ createdAt, authenticatedAt, regeneratedAt }, instants)
    assert(record.lastActivity >= lastActivity, 'lastActivity is the time of the write')
    equal(record.expiresAt, record.lastActivity + LONG, 'expiresAt')
  })

  suite.test('an instant in the future counts as now', async ({ driver }) => {
    const { expiresAt } = await store(driver)
    const future = expiresAt + LONG
    const { key } = await store(driver, {
      createdAt: future,
      authenticatedAt: future,
      regeneratedAt: future,
      durations: { idleMs: 2 * LONG, absoluteMs: LONG },
    })
    const { createdAt, authenticatedAt, regeneratedAt, lastActivity, expiresAt: end } = await recordUnder(driver, key)
    equal([createdAt, authenticatedAt, regeneratedAt], [lastActivity, lastActivity, lastActivity])
    equal(end, lastActivity + LONG, 'expiresAt')
  })

  suite.test('the absolute limit counts from the last authentication, else from creation', async ({ driver }) => {
    const { key: probe } = await store(driver)
    const { lastActivity: now } = await recordUnder(driver, probe)
    const durations = { idleMs: LONG, absoluteMs: LONG }
    const created = await store(driver, { createdAt: now - 60_000, durations })
    equal(created.expiresAt, now - 60_000 + LONG, 'from creation')
    const authenticated = await store(driver, { createdAt: now - 2 * LONG, authenticatedAt: now - 30_000, durations })
    equal(authenticated.expiresAt, now - 30_000 + LONG, 'from the authentication')
  })

  suite.test('a session of which nothing is left is stored and is not there', async ({ driver }) => {
    const { key: probe } = await store(driver)
    const { lastActivity: now } = await recordUnder(driver, probe)
    const key = newKey()
    await driver.insert(key, aRecord({ createdAt: now - 2 * LONG, durations: { idleMs: LONG, absoluteMs: LONG } }))
    equal(await driver.read(key), undefined)
  })

  suite.test('a key is free again when its record has expired or was destroyed', async ({ driver, shortMs, pass }) => {
    const { key } = await store(driver, livesFor(shortMs))
    await pass(shortMs)
    await store(driver, { payload: 'second' }, key)
    await driver.destroy(key)
    await store(driver, { payload: 'third' }, key)
    equal((await recordUnder(driver, key)).payload, 'third')
  })
}
