import { assert, equal, ofKind } from '../assert.ts'
import { GIVE_BACK, LONG, aRecord, askFor, hold, markerUnder, newKey, newToken, recordUnder, store, storeMarker } from './records.ts'
import type { Suite } from './world.ts'

/** Taking, keeping and giving back the right to write. */
export function leaseTests(suite: Suite): void {
  suite.locking('LockingDriver: Keeps one lease a record, beside it', async ({ driver, other }) => {
    const [one, two] = [await store(driver), await store(driver)]
    const before = await recordUnder(driver, one.key)
    const { lease } = await hold(driver, one.key)
    equal(await askFor(other, one.key), 'busy', 'a second lease of one record')
    equal(await askFor(other, two.key), 'held', 'a lease of another record')
    equal(await recordUnder(other, one.key), before, 'the record')
    await driver.unlock(lease)
    equal(await recordUnder(other, one.key), before, 'the record afterwards')
  })

  suite.locking("LockingDriver: Each method but `replace` is one atomic step on the record's own key", async ({ driver, other }) => {
    const { key, version } = await store(driver)
    const both = <Answer>(call: (one: typeof driver) => Promise<Answer>): Promise<Answer[]> =>
      Promise.all(Array.from({ length: 30 }, (_, n) => call(n % 2 === 0 ? driver : other)))

    const acquired = await both((one) => one.acquire(key, { token: newToken(), leaseMs: LONG }))
    const held = acquired.flatMap((answer) => (answer.kind === 'held' ? [answer] : []))
    equal(held.length, 1, 'holders of 30 that asked')
    const lease = held[0]?.lease ?? { key, token: '', version }
    const holder = acquired.findIndex(({ kind }) => kind === 'held') % 2 === 0 ? driver : other

    const commits = await Promise.all(Array.from({ length: 30 }, () => holder.commit(lease, aRecord(), GIVE_BACK)))
    equal(commits.filter(({ kind }) => kind === 'written').length, 1, 'commits written of 30 under one lease')
    equal((await recordUnder(driver, key)).version.counter, 2, 'counter')

    const { lease: next } = await hold(driver, key)
    const unlocks = await Promise.all(Array.from({ length: 30 }, () => driver.unlock(next)))
    equal(unlocks.filter(Boolean).length, 1, 'of 30 that gave it back')
  })

  suite.locking('acquire: Takes the lease and reads, in one step', async ({ driver, other }) => {
    const { key, version } = await store(driver, { userId: '7' })
    const token = newToken()
    const { lease, record, now } = ofKind(await driver.acquire(key, { token, leaseMs: LONG }), 'held')
    equal(lease, { key, token, version })
    equal(record, await recordUnder(other, key))
    assert(now >= record.lastActivity && now < record.expiresAt, "the store's now comes with the record")
  })

  suite.locking("acquire: It does not wait: while another's lease lives, the answer is `busy`", async ({ driver, other }) => {
    const { key } = await store(driver)
    await hold(driver, key)
    for (const one of [driver, other]) equal(await one.acquire(key, { token: newToken(), leaseMs: LONG }), { kind: 'busy' })
  })

  suite.locking('acquire: The token that already holds it is answered as held', async ({ driver, other }) => {
    const { key } = await store(driver)
    const token = newToken()
    const first = ofKind(await driver.acquire(key, { token, leaseMs: LONG }), 'held')
    const again = ofKind(await driver.acquire(key, { token, leaseMs: LONG }), 'held')
    equal([again.lease, again.record], [first.lease, first.record])
    equal(await driver.unlock({ key, token }), true)
    equal(await askFor(other, key), 'held', 'one unlock gives it back')
  })

  suite.locking('acquire: Absent or a marker: no lease is left behind', async ({ driver, other }) => {
    const key = newKey()
    const token = newToken()
    equal(await driver.acquire(key, { token, leaseMs: LONG }), { kind: 'absent' })
    equal(await driver.unlock({ key, token }), false, 'unlock of the absent')
    await store(driver, {}, key)
    equal(await askFor(other, key), 'held', 'the record that came later')

    const replaced = await storeMarker(driver)
    const answer = ofKind(await driver.acquire(replaced.key, { token, leaseMs: LONG }), 'marker')
    equal(answer.marker, await markerUnder(driver, replaced.key))
    assert(answer.now >= answer.marker.replacedAt, "the store's now comes with the marker")
    equal(await driver.unlock({ key: replaced.key, token }), false, 'unlock of the marker')
    equal(await other.destroy(replaced.key), { kind: 'marker', marker: answer.marker })
  })

  suite.locking('renew: Gives the lease more time', async ({ driver, other, shortMs, pass }) => {
    const { key } = await store(driver)
    const { lease } = await hold(driver, key, shortMs)
    equal(await driver.renew(lease, LONG), true)
    await pass(shortMs)
    equal(await askFor(other, key), 'busy')
    ofKind(await driver.commit(lease, aRecord(), GIVE_BACK), 'written')
  })

  suite.leaseEnds('a lease that was renewed has the time it was given, from then on', async ({ driver, other, shortMs, pass }) => {
    const { key } = await store(driver)
    const { lease } = await hold(driver, key, shortMs)
    equal(await driver.renew(lease, shortMs), true)
    await pass(shortMs)
    equal(await driver.renew(lease, LONG), false)
    equal(await askFor(other, key), 'held')
  })

  suite.locking('renew: `false` once it has ended, and then it changes nothing', async ({ driver, other }) => {
    const { key } = await store(driver)
    const { lease } = await hold(driver, key)
    await driver.unlock(lease)
    equal(await driver.renew(lease, LONG), false, 'nobody holds it')
    equal(await askFor(other, key), 'held')
    const next = await hold(other, key)
    equal(await driver.renew(lease, LONG), false, 'another holds it')
    ofKind(await other.commit(next.lease, aRecord(), GIVE_BACK), 'written')
    equal(await driver.renew(lease, LONG), false, 'another held it')
    equal(await driver.renew({ ...lease, key: newKey() }, LONG), false, 'an absent record')
  })

  suite.locking('unlock: Gives the lease back', async ({ driver, other }) => {
    const { key, version } = await store(driver)
    const { lease } = await hold(driver, key)
    equal(await driver.unlock({ key, token: lease.token }), true)
    equal((await recordUnder(driver, key)).version, version, 'version')
    equal(await askFor(other, key), 'held')
  })

  suite.locking("unlock: `false` when it was not held any more: another's lease is never touched", async ({ driver, other }) => {
    const { key } = await store(driver)
    const { lease } = await hold(driver, key)
    await driver.unlock(lease)
    equal(await driver.unlock(lease), false, 'a second time')
    await hold(other, key)
    equal(await driver.unlock(lease), false, "under another's lease")
    equal(await driver.unlock({ key, token: newToken() }), false, 'with a token that never held it')
    equal(await askFor(driver, key), 'busy', "another's lease")
    equal(await driver.unlock({ key: newKey(), token: lease.token }), false, 'an absent record')
  })

  suite.leaseEnds(
    'a lease that is not renewed ends, and nothing of its holder is let in afterwards',
    async ({ driver, other, shortMs, pass }) => {
      const { key } = await store(driver)
      const { lease } = await hold(driver, key, shortMs)
      await pass(shortMs)
      equal(await driver.renew(lease, LONG), false, 'renew')
      equal(await driver.unlock(lease), false, 'unlock')
      equal(await driver.commit(lease, aRecord(), GIVE_BACK), { kind: 'lost' }, 'commit')
      equal(await driver.commit(lease, undefined, GIVE_BACK), { kind: 'lost' }, 'commit of nothing')
      equal(await askFor(other, key), 'held')
    },
  )

  suite.leaseEnds('a holder that was paused does not write over the next one', async ({ driver, other, shortMs, pass }) => {
    const { key } = await store(driver)
    const { lease } = await hold(driver, key, shortMs)
    await pass(shortMs)
    const next = await hold(other, key)
    equal(await driver.commit(lease, aRecord({ payload: 'late' }), GIVE_BACK), { kind: 'lost' }, 'beside the next holder')
    ofKind(await other.commit(next.lease, aRecord({ payload: 'next' }), GIVE_BACK), 'written')
    equal(await driver.commit(lease, aRecord({ payload: 'late' }), GIVE_BACK), { kind: 'lost' }, 'after the next holder')
    equal((await recordUnder(driver, key)).payload, 'next')
  })

  suite.leaseEnds('update and touch go through once a lease has ended', async ({ driver, other, shortMs, pass }) => {
    const { key, version, write } = await store(driver)
    await hold(driver, key, shortMs)
    await pass(shortMs)
    ofKind(await other.touch(key, write.durations), 'written')
    ofKind(await other.update(key, aRecord(), version), 'written')
  })
}
