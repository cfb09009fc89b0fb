import { equal, ofKind } from '../assert.ts'
import { GIVE_BACK, aMarker, aRecord, askFor, hold, listAll, markerUnder, newKey, recordUnder, store, storeMarker } from './records.ts'
import type { Suite } from './world.ts'

/** What is ended stays ended. */
export function destroyTests(suite: Suite): void {
  suite.lockingAndListing(
    'destroy: Removes what lives under a key with its lease and index entries, whoever holds it, and says what was there',
    async ({ driver, other }) => {
      const { key } = await store(driver, { userId: '7' })
      await hold(driver, key)
      equal(await other.destroy(key), { kind: 'record' })
      equal(await driver.read(key), undefined)
      equal(await listAll(driver, '7'), [], 'list of its user')
      equal(await driver.destroy(key), { kind: 'nothing' })
      await store(driver, {}, key)
      equal(await askFor(other, key), 'held', 'the lease of the next record under the key')
    },
  )

  suite.test('destroying what is not there is fine', async ({ driver, other }) => {
    const { key } = await store(driver)
    const bystander = await store(driver)
    equal(await driver.destroy(newKey()), { kind: 'nothing' })
    equal(await driver.destroy(key), { kind: 'record' })
    equal(await other.destroy(key), { kind: 'nothing' })
    await recordUnder(driver, bystander.key)
  })

  suite.locking(
    'destroy: The marker of a rotation stays: it leads to what is to end as well, and whoever ends that may have to come back',
    async ({ driver, other }) => {
      const { key, newKey: successor } = await storeMarker(driver)
      const marker = await markerUnder(driver, key)
      equal(await other.destroy(key), { kind: 'marker', marker })
      equal(await driver.destroy(key), { kind: 'marker', marker }, 'the second time')
      equal(await markerUnder(driver, key), marker)
      equal(await driver.insert(key, aRecord()), undefined, 'its key is taken')
      await recordUnder(driver, successor)
    },
  )

  suite.locking('destroying the marker of a login, which leads nowhere, removes it and says which it was', async ({ driver, other }) => {
    const { key, newKey: successor } = await storeMarker(driver, { reason: 'login', salt: undefined })
    const marker = await markerUnder(driver, key)
    equal(await other.destroy(key), { kind: 'marker', marker })
    equal(await driver.destroy(key), { kind: 'nothing' })
    equal(await driver.read(key), undefined)
    await recordUnder(driver, successor)
  })

  suite.locking(
    'two logouts while the id changes: each is told of the record or of the marker, and the marker stays',
    async ({ driver, other }) => {
      for (let round = 0; round < 20; round++) {
        const { key } = await store(driver)
        const { lease } = await hold(driver, key)
        const successor = newKey()
        const [moved, ...told] = await Promise.all([
          driver.replace(lease, successor, aRecord(), aMarker(), GIVE_BACK),
          other.destroy(key),
          other.destroy(key),
          driver.destroy(key),
        ])
        if (moved.kind === 'written') {
          equal(told.filter(({ kind }) => kind !== 'marker').length, 0, 'logouts that were not told where the session went')
          await markerUnder(driver, key)
        } else equal(await driver.read(successor), undefined, 'the session under its new key')
      }
    },
  )

  suite.test('of 20 that destroy one record exactly one is told that it was there', async ({ driver, other }) => {
    const { key } = await store(driver)
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => (n % 2 === 0 ? driver : other).destroy(key)))
    equal(answers.filter(({ kind }) => kind === 'record').length, 1)
  })

  suite.test('a destroyed session does not come back by a late update or touch', async ({ driver, other }) => {
    const { key, version, write } = await store(driver)
    await other.destroy(key)
    equal(await driver.update(key, aRecord(), version), { kind: 'gone' })
    equal(await driver.touch(key, write.durations, version), { kind: 'gone' })
    equal(await driver.touch(key, write.durations), { kind: 'gone' })
    equal(await driver.read(key), undefined)
  })

  suite.locking('a destroyed session does not come back by a late commit of its holder', async ({ driver, other }) => {
    const { key } = await store(driver)
    const { lease } = await hold(driver, key)
    await other.destroy(key)
    equal(await driver.commit(lease, aRecord(), GIVE_BACK), { kind: 'gone' })
    equal(await driver.commit(lease, undefined, { ...GIVE_BACK, touch: aRecord().durations }), { kind: 'gone' })
    equal(await driver.replace(lease, newKey(), aRecord(), undefined, GIVE_BACK), { kind: 'gone' })
    equal(await driver.renew(lease, 1000), false)
    equal(await driver.unlock(lease), false)
    equal(await driver.read(key), undefined)
  })

  suite.locking('a lease does not outlive its record: the next record under the key is not written by it', async ({ driver, other }) => {
    const { key } = await store(driver)
    const { lease } = await hold(driver, key)
    await other.destroy(key)
    await store(other, { payload: 'next' }, key)
    const { kind } = await driver.commit(lease, aRecord({ payload: 'late' }), GIVE_BACK)
    equal(kind === 'gone' || kind === 'lost', true, 'the late commit is refused')
    equal(await driver.renew(lease, 1000), false)
    equal((await recordUnder(driver, key)).payload, 'next')
  })

  suite.locking('a logout beside 100 commits wins over all of them', async ({ driver, other }) => {
    for (let round = 0; round < 10; round++) {
      const { key } = await store(driver)
      const commits = Array.from({ length: 10 }, async () => {
        const held = await driver.acquire(key, { token: aRecord().writeToken, leaseMs: 60_000 })
        if (held.kind === 'held') await driver.commit(held.lease, aRecord(), GIVE_BACK)
      })
      ofKind(await other.destroy(key), 'record')
      await Promise.all(commits)
      equal(await driver.read(key), undefined)
    }
  })
}
