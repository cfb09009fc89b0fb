import type { LockingDriver } from '../../contracts/driver.ts'
import type { StoreKey } from '../../session/id.ts'
import { assert, equal, ofKind } from '../assert.ts'
import {
  GIVE_BACK,
  LONG,
  aMarker,
  aRecord,
  askFor,
  hold,
  livesFor,
  markerUnder,
  newKey,
  newToken,
  recordUnder,
  store,
  turn,
} from './records.ts'
import type { Suite } from './world.ts'

/** Moving a session to another key. */
export function replaceTests(suite: Suite): void {
  suite.locking(
    'replace: Moves a session to a new key: inserts the record there, then puts the marker, or nothing, under the old key',
    async ({ driver, other }) => {
      for (const marker of [aMarker({ salt: 'a1b2' }), undefined]) {
        const { key } = await store(driver)
        const { lease, record } = await hold(driver, key)
        const to = newKey()
        const { createdAt, handle } = record
        const write = aRecord({ payload: 'moved', userId: '7', createdAt, handle, regeneratedAt: 'now' })
        const written = ofKind(await driver.replace(lease, to, write, marker, GIVE_BACK), 'written')

        const moved = await recordUnder(other, to)
        equal([moved.payload, moved.userId, moved.createdAt, moved.handle], ['moved', '7', createdAt, handle])
        equal(moved.version, { counter: 1, writeToken: write.writeToken })
        equal(moved.regeneratedAt, moved.lastActivity, 'regeneratedAt')
        const { version, expiresAt } = moved
        equal(written, { kind: 'written', version, expiresAt, lease: undefined, readBack: false })
        equal(await askFor(other, to), 'held', 'the lease of the new key')
        if (marker === undefined) equal(await other.read(key), undefined, 'the old key')
        else equal((await markerUnder(other, key)).salt, 'a1b2')
      }
    },
  )

  suite.locking(
    'replace: When the old record is gone or another has written it, the new record is destroyed',
    async ({ driver, other }) => {
      const gone = await store(driver)
      const held = await hold(driver, gone.key)
      await other.destroy(gone.key)
      const to = newKey()
      equal(await driver.replace(held.lease, to, aRecord(), aMarker(), GIVE_BACK), { kind: 'gone' }, 'after a logout')
      equal(await driver.read(to), undefined, 'the new key after a logout')
      equal(await driver.read(gone.key), undefined, 'the old key after a logout')

      const { key } = await store(driver)
      const first = await hold(driver, key)
      await driver.unlock(first.lease)
      const next = await hold(other, key)
      ofKind(await other.commit(next.lease, aRecord({ payload: 'next' }), GIVE_BACK), 'written')
      equal(await driver.replace(first.lease, to, aRecord(), aMarker(), GIVE_BACK), { kind: 'lost' }, 'after another wrote')
      equal(await driver.read(to), undefined, 'the new key after another wrote')
      equal((await recordUnder(driver, key)).payload, 'next', 'the old record')
    },
  )

  suite.locking('replace is gone where another replaced the session before, and one successor is left', async ({ driver, other }) => {
    const { key } = await store(driver)
    const { lease } = await hold(driver, key)
    const [first, second] = [newKey(), newKey()]
    ofKind(await driver.replace(lease, first, aRecord(), aMarker({ salt: 'first' }), GIVE_BACK), 'written')
    equal(await other.replace(lease, second, aRecord(), aMarker(), GIVE_BACK), { kind: 'gone' })
    equal(await driver.read(second), undefined)
    equal((await markerUnder(driver, key)).salt, 'first')
    await recordUnder(driver, first)
  })

  suite.locking('replace without the lease changes nothing under the old key', async ({ driver, other }) => {
    const { key } = await store(driver)
    const { lease, record } = await hold(driver, key)
    await driver.unlock(lease)
    equal(await driver.replace(lease, newKey(), aRecord(), aMarker(), GIVE_BACK), { kind: 'lost' }, 'nobody holds it')
    await hold(other, key)
    equal(await driver.replace(lease, newKey(), aRecord(), undefined, GIVE_BACK), { kind: 'lost' }, 'another holds it')
    equal(await recordUnder(driver, key), record)
    equal(await askFor(driver, key), 'busy', "another's lease")
  })

  suite.locking('replace does not overwrite what has the new key', async ({ driver }) => {
    const taken = await store(driver, { payload: 'taken' })
    const { key } = await store(driver)
    const { lease, record } = await hold(driver, key)
    for (const to of [taken.key, key]) equal(await driver.replace(lease, to, aRecord(), aMarker(), GIVE_BACK), { kind: 'lost' })
    equal((await recordUnder(driver, taken.key)).payload, 'taken')
    equal(await recordUnder(driver, key), record, 'the old record')
    equal(await driver.renew(lease, LONG), true, 'the lease is left')
  })

  suite.locking('replace: A crash in between leaves the old record whole', async ({ driver, other }) => {
    // Whoever looks at any moment finds the old record, or the new one: so does whoever comes after a crash at that moment.
    for (let round = 0; round < 20; round++) {
      const { key } = await store(driver)
      const { lease } = await hold(driver, key)
      const to = newKey()
      const ended: true[] = []
      const replacing = driver.replace(lease, to, aRecord({ payload: 'new' }), aMarker(), GIVE_BACK).finally(() => ended.push(true))
      while (ended.length === 0) {
        equal(await somewhere(other, key, to), true, 'the session is there')
        await turn() // a driver may read without giving up its turn
      }
      ofKind(await replacing, 'written')
    }
  })

  suite.locking('replace: With `keepLease` the new key is held under that token', async ({ driver, other }) => {
    const { key } = await store(driver)
    const { lease } = await hold(driver, key)
    const [to, keepLease] = [newKey(), newToken()]
    const written = ofKind(await driver.replace(lease, to, aRecord(), aMarker(), { keepLease, leaseMs: LONG }), 'written')
    equal(written.lease, { key: to, token: keepLease, version: written.version })
    equal(await askFor(other, to), 'busy')
    equal(await driver.unlock(lease), false, 'the old lease')
    equal(await driver.renew(written.lease ?? lease, LONG), true, 'renew')
    ofKind(await driver.commit(written.lease ?? lease, aRecord(), GIVE_BACK), 'written')
    equal(await askFor(other, to), 'held')
  })

  suite.leaseEnds('the lease of the new key has the time it was given', async ({ driver, other, shortMs, pass }) => {
    const { key } = await store(driver)
    const { lease } = await hold(driver, key)
    const to = newKey()
    const written = await driver.replace(lease, to, aRecord(), aMarker(), { keepLease: newToken(), leaseMs: shortMs })
    const kept = ofKind(written, 'written').lease ?? lease
    await pass(shortMs)
    equal(await driver.commit(kept, aRecord(), GIVE_BACK), { kind: 'lost' })
    equal(await askFor(other, to), 'held')
  })

  suite.locking('a refused replace leaves no lease on the new key', async ({ driver, other }) => {
    const { key } = await store(driver)
    const { lease } = await hold(driver, key)
    await other.destroy(key)
    const [to, keepLease] = [newKey(), newToken()]
    equal(await driver.replace(lease, to, aRecord(), aMarker(), { keepLease, leaseMs: LONG }), { kind: 'gone' })
    await store(driver, {}, to)
    equal(await askFor(other, to), 'held')
  })

  suite.locking('a marker lives as long as what it replaces would have', async ({ driver, shortMs, pass }) => {
    const key = await replaced(driver, shortMs, { minimumMs: 1, maximumMs: LONG })
    await markerUnder(driver, key)
    await pass(shortMs)
    equal(await driver.read(key), undefined)
    await store(driver, {}, key)
    await recordUnder(driver, key)
  })

  suite.locking('a marker lives for its least time, however little was left of what it replaces', async ({ driver, shortMs, pass }) => {
    const key = await replaced(driver, shortMs, { minimumMs: LONG, maximumMs: 2 * LONG })
    await pass(shortMs)
    await markerUnder(driver, key)
  })

  suite.locking('a marker lives for its longest time, however much was left of what it replaces', async ({ driver, shortMs, pass }) => {
    const key = await replaced(driver, LONG, { minimumMs: 1, maximumMs: shortMs })
    await markerUnder(driver, key)
    await pass(shortMs)
    equal(await driver.read(key), undefined)
  })
}

async function replaced(driver: LockingDriver, idleMs: number, bounds: { minimumMs: number; maximumMs: number }): Promise<StoreKey> {
  const { key } = await store(driver, livesFor(idleMs))
  const { lease } = await hold(driver, key)
  ofKind(await driver.replace(lease, newKey(), aRecord(), aMarker(bounds), GIVE_BACK), 'written')
  return key
}

async function somewhere(driver: LockingDriver, oldKey: StoreKey, key: StoreKey): Promise<boolean> {
  const old = await driver.read(oldKey)
  assert(old !== undefined, 'the old key has the record or the marker')
  return old.kind === 'record' || (await driver.read(key))?.kind === 'record'
}
