import type { RecordWrite } from '../../contracts/driver.ts'
import { assert, equal, ofKind } from '../assert.ts'
import { GIVE_BACK, aMarker, aRecord, hold, listAll, livesFor, newKey, recordUnder, store } from './records.ts'
import type { Suite } from './world.ts'

/** Ending the sessions of a user. */
export function revokeTests(suite: Suite): void {
  suite.listing(
    'revokeUser: Destroys every session of a user, those whose login is under way included, and answers how many',
    async ({ driver, other }) => {
      const stored = await Promise.all(Array.from({ length: 150 }, () => store(driver, { userId: '7' })))
      const bystander = await store(driver, { userId: '8' })
      equal(await other.revokeUser('7'), stored.length)
      for (const { key } of stored) equal(await driver.read(key), undefined)
      equal(await driver.revokeUser('7'), 0, 'a second time')

      for (let round = 0; round < 20; round++) {
        const logins = Array.from({ length: 5 }, newKey)
        await store(driver, { userId: '7' })
        const underWay = Promise.allSettled(logins.map((key) => driver.insert(key, aRecord({ userId: '7' }))))
        const revoked = await driver.revokeUser('7')
        await underWay
        assert(revoked >= 1 && revoked <= 6, `${revoked} of 1 to 6 were revoked`)
        for (const key of logins) equal(await driver.read(key), undefined, 'a login that was under way')
      }
      equal(await listAll(driver, '7'), [])
      await recordUnder(driver, bystander.key)
    },
  )

  suite.listing('revokeUser: The session with the handle `exceptHandle` stays', async ({ driver, other }) => {
    const kept = await store(driver, { userId: '7' })
    const { handle } = kept.write
    await Promise.all(Array.from({ length: 5 }, () => store(driver, { userId: '7' })))
    const before = await recordUnder(driver, kept.key)
    equal(await other.revokeUser('7', { exceptHandle: handle }), 5)
    equal(await recordUnder(driver, kept.key), before)
    equal(
      (await listAll(driver, '7')).map(({ key }) => key),
      [kept.key],
    )
    equal(await other.revokeUser('7', { exceptHandle: 'of nobody' }), 1)
  })

  suite.listing('a user who is logged in again after a revocation stays logged in', async ({ driver, other }) => {
    await store(driver, { userId: '7' })
    await other.revokeUser('7')
    const { key } = await store(driver, { userId: '7' })
    await recordUnder(other, key)
    equal((await listAll(other, '7')).length, 1)
  })

  suite.lockingAndListing('a revoked session does not come back by a late write of its holder', async ({ driver, other }) => {
    const { key, version } = await store(driver, { userId: '7' })
    const { lease } = await hold(driver, key)
    equal(await other.revokeUser('7'), 1)
    equal(await driver.commit(lease, aRecord({ userId: '7' }), GIVE_BACK), { kind: 'gone' })
    equal(await driver.update(key, aRecord({ userId: '7' }), version), { kind: 'gone' })
    const to = newKey()
    equal(await driver.replace(lease, to, aRecord({ userId: '7' }), aMarker(), GIVE_BACK), { kind: 'gone' })
    equal(await driver.read(to), undefined)
  })

  suite.lockingAndListing('a session does not escape a revocation by moving to another key', async ({ driver, other }) => {
    for (let round = 0; round < 20; round++) {
      const { key } = await store(driver, { userId: '7' })
      const { lease } = await hold(driver, key)
      const to = newKey()
      const moves = () => driver.replace(lease, to, aRecord({ userId: '7' }), aMarker(), GIVE_BACK)
      const revokes = () => other.revokeUser('7')
      await Promise.all(round % 2 === 0 ? [moves(), revokes()] : [revokes(), moves()])
      assert((await driver.read(key))?.kind !== 'record', 'the old key opens nothing')
      assert((await driver.read(to))?.kind !== 'record', 'the new key opens nothing')
      equal(await listAll(driver, '7'), [])
    }
  })

  suite.lockingAndListing('a login that is under way is revoked however it is stored', async ({ driver, other }) => {
    for (let round = 0; round < 10; round++) {
      const [updated, committed, moved] = [await store(driver), await store(driver), await store(driver)]
      const [first, second] = [await hold(driver, committed.key), await hold(driver, moved.key)]
      const to = newKey()
      const underWay = Promise.all([
        driver.update(updated.key, login(), updated.version),
        driver.commit(first.lease, login(), GIVE_BACK),
        driver.replace(second.lease, to, login(), aMarker(), GIVE_BACK),
      ])
      await driver.revokeUser('7')
      await underWay
      for (const key of [updated.key, committed.key, to]) equal((await other.read(key))?.kind, undefined, 'a login that was under way')
      equal(await listAll(other, '7'), [])
    }
  })

  suite.lockingAndListing('the session that stays may move to another key meanwhile', async ({ driver, other }) => {
    for (let round = 0; round < 10; round++) {
      const { key, write } = await store(driver, { userId: '7' })
      const { handle } = write
      const { lease } = await hold(driver, key)
      const to = newKey()
      const moving = driver.replace(lease, to, aRecord({ userId: '7', handle }), aMarker(), GIVE_BACK)
      const [moved] = await Promise.all([moving, other.revokeUser('7', { exceptHandle: handle })])
      ofKind(moved, 'written')
      await recordUnder(driver, to)
      await driver.destroy(to)
    }
  })

  suite.listing('expired sessions of a user are not counted', async ({ driver, shortMs, pass }) => {
    await store(driver, { userId: '7', ...livesFor(shortMs) })
    await store(driver, { userId: '7' })
    await pass(shortMs)
    equal(await driver.revokeUser('7'), 1)
  })
}

function login(): RecordWrite {
  return aRecord({ userId: '7', authenticatedAt: 'now' })
}
