import type { RecordWrite, SessionDriver } from '../../contracts/driver.ts'
import type { StoreKey } from '../../session/id.ts'
import { equal, ofKind } from '../assert.ts'
import { GIVE_BACK, LONG, type Stored, aMarker, aRecord, hold, newKey, recordUnder, store } from './records.ts'
import type { Suite } from './world.ts'

/** What every kind of write leaves of what it was handed. */
export function wholeWriteTests(suite: Suite): void {
  suite.test('an update leaves all that it was handed, and no more of what was there', async ({ driver, other }) => {
    await leavesWhole(driver, other, async ({ key, version }, write) => {
      ofKind(await driver.update(key, write, version), 'written')
      return key
    })
  })

  suite.locking('a commit leaves all that it was handed, and no more of what was there', async ({ driver, other }) => {
    await leavesWhole(driver, other, async ({ key }, write) => {
      ofKind(await driver.commit((await hold(driver, key)).lease, write, GIVE_BACK), 'written')
      return key
    })
  })

  suite.locking('a replace leaves all that it was handed, and no more of what was there', async ({ driver, other }) => {
    await leavesWhole(driver, other, async ({ key }, write) => {
      const to = newKey()
      ofKind(await driver.replace((await hold(driver, key)).lease, to, write, aMarker(), GIVE_BACK), 'written')
      return to
    })
  })

  suite.locking('an instant in the future counts as now in a write of any kind', async ({ driver, other }) => {
    const { key, version, expiresAt } = await store(driver)
    const future = expiresAt + LONG
    const durations = { idleMs: 2 * LONG, absoluteMs: LONG }
    const late = (): RecordWrite => aRecord({ createdAt: future, authenticatedAt: future, regeneratedAt: future, durations })
    const expectNow = async (at: StoreKey, what: string): Promise<void> => {
      const { createdAt, authenticatedAt, regeneratedAt, lastActivity: now, expiresAt: end } = await recordUnder(other, at)
      equal([createdAt, authenticatedAt, regeneratedAt, end], [now, now, now, now + LONG], what)
    }
    ofKind(await driver.update(key, late(), version), 'written')
    await expectNow(key, 'update')
    const first = await hold(driver, key)
    ofKind(await driver.commit(first.lease, late(), GIVE_BACK), 'written')
    await expectNow(key, 'commit')
    const { lease } = await hold(driver, key)
    const to = newKey()
    ofKind(await driver.replace(lease, to, late(), aMarker(), GIVE_BACK), 'written')
    await expectNow(to, 'replace')
  })

  suite.test('a touch counts the absolute limit from the last authentication', async ({ driver, other }) => {
    const { lastActivity: now } = await recordUnder(driver, (await store(driver)).key)
    const write = { createdAt: now - LONG / 2, authenticatedAt: now - LONG / 4, durations: { idleMs: LONG / 8, absoluteMs: LONG } }
    const { key } = await store(driver, write)
    const touched = ofKind(await driver.touch(key, { idleMs: 2 * LONG, absoluteMs: LONG }), 'written')
    equal(touched.expiresAt, now - LONG / 4 + LONG)
    equal((await recordUnder(other, key)).expiresAt, touched.expiresAt, 'expiresAt of the record')
  })

  suite.locking('a commit of nothing that touches carries no session past its absolute limit', async ({ driver, other }) => {
    const { lastActivity: now } = await recordUnder(driver, (await store(driver)).key)
    const write = { createdAt: now - LONG / 2, authenticatedAt: now - LONG / 4, durations: { idleMs: LONG / 8, absoluteMs: LONG } }
    const { key } = await store(driver, write)
    const { lease } = await hold(driver, key)
    const touch = { idleMs: 2 * LONG, absoluteMs: LONG }
    equal(ofKind(await driver.commit(lease, undefined, { ...GIVE_BACK, touch }), 'written').expiresAt, now - LONG / 4 + LONG)
    equal((await recordUnder(other, key)).expiresAt, now - LONG / 4 + LONG, 'expiresAt of the record')
  })
}

const FULL = (write: RecordWrite): RecordWrite => write
/** The same without all that a session may be without. */
const BARE = (write: RecordWrite): RecordWrite => ({
  ...write,
  userId: undefined,
  ipAddress: undefined,
  userAgent: undefined,
  authenticatedAt: undefined,
  regeneratedAt: undefined,
})

/** Writes over a full record with another one, and with one that has little. `write` answers under which key it did. */
async function leavesWhole(
  driver: SessionDriver,
  other: SessionDriver,
  write: (stored: Stored, record: RecordWrite) => Promise<StoreKey>,
): Promise<void> {
  for (const shape of [FULL, BARE]) {
    const stored = await storeFull(driver)
    const record = shape(stored.write)
    await expectWhole(other, await write(stored, record), record)
  }
}

/** Stores a record, and gives a write that differs from it in each field. */
async function storeFull(driver: SessionDriver): Promise<Stored> {
  const { lastActivity: now } = await recordUnder(driver, (await store(driver)).key)
  const before = { userId: '7', createdAt: now - 60_123, authenticatedAt: now - 50_234, regeneratedAt: now - 40_345 }
  const stored = await store(driver, before)
  const write = aRecord({
    payload: 'another payload',
    flash: 'another flash',
    userId: '8',
    ipAddress: '192.0.2.2',
    userAgent: 'another agent',
    createdAt: now - 30_456,
    authenticatedAt: now - 20_567,
    regeneratedAt: now - 10_678,
    // The absolute limit is what ends it.
    durations: { idleMs: 2 * LONG, absoluteMs: LONG },
  })
  return { ...stored, write }
}

async function expectWhole(driver: SessionDriver, key: StoreKey, write: RecordWrite): Promise<void> {
  const { durations, writeToken, ...handed } = write
  const { version, lastActivity: _lastActivity, expiresAt, ...kept } = await recordUnder(driver, key)
  equal(kept, handed, 'the record')
  equal(version.writeToken, writeToken, 'token of the version')
  equal(expiresAt, Number(write.authenticatedAt ?? write.createdAt) + Number(durations.absoluteMs), 'expiresAt')
}
