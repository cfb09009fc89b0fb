import { assert, equal, ofKind, rejects } from '../assert.ts'
import { GIVE_BACK, LONG, aMarker, aRecord, hold, listAll, livesFor, newKey, recordUnder, store, storeMarker } from './records.ts'
import type { Suite } from './world.ts'

/** Before, among and behind all keys. */
const RUBBISH = ['', '-', '7', 'rubbish', '\u{10ffff}']

/** Finding sessions. */
export function listTests(suite: Suite): void {
  suite.listing('ListingDriver: Finds sessions by their user', async ({ driver, other }) => {
    const ada = [await store(driver, { userId: 'ada' }), await store(driver, { userId: 'ada' })]
    const bob = await store(driver, { userId: 'bob' })
    await store(driver)
    equal(keysOf(await listAll(other, 'ada')), keysOf(ada))
    equal(keysOf(await listAll(driver, 'bob')), [bob.key])
    equal(await listAll(driver, 'eve'), [])
    equal((await listAll(driver)).length, 4, 'sessions in all')
  })

  suite.lockingAndListing('list: Lists live sessions page by page, without payloads and without markers', async (world) => {
    const { driver, other, shortMs, pass } = world
    const stored: Awaited<ReturnType<typeof store>>[] = []
    // Not all at once: a pool of one connection would not get through them within the time that an answer may take.
    while (stored.length < 250) stored.push(...(await Promise.all(Array.from({ length: 25 }, () => store(driver, { userId: '7' })))))
    const expired = await Promise.all(Array.from({ length: 20 }, () => store(driver, { userId: '7', ...livesFor(shortMs) })))
    const { key, newKey: successor } = await storeMarker(driver)
    await pass(shortMs)

    for (const [sessions, expected] of [
      [await listAll(other, '7', 100), keysOf(stored)],
      [await listAll(other, undefined, 100), keysOf([...stored, { key: successor }])],
      [await listAll(driver, undefined, 7), keysOf([...stored, { key: successor }])],
    ] as const) {
      equal(keysOf(sessions), expected)
      for (const session of sessions) assert(!('payload' in session) && !('flash' in session) && !('version' in session), 'no contents')
    }
    const listed = new Set<string>((await listAll(driver)).map((session) => session.key))
    for (const gone of expired) assert(!listed.has(gone.key), 'an expired session is listed')
    assert(!listed.has(key), 'a marker is listed')
  })

  suite.listing('list: A page may be short; the cursor says whether more follow', async ({ driver }) => {
    const stored = await Promise.all(Array.from({ length: 10 }, () => store(driver, { userId: '7' })))
    for (const userId of ['7', undefined]) {
      for (const limit of [1, 3, 10, 100]) equal(keysOf(await listAll(driver, userId, limit)), keysOf(stored), `pages of ${limit}`)
    }
    equal(await driver.list({ userId: 'nobody' }), { sessions: [], cursor: undefined }, 'nothing to list')
    const first = await driver.list({ userId: '7', limit: 4 })
    assert(first.cursor !== undefined, 'a cursor after 4 of 10')
  })

  suite.listing('list: A cursor that cannot be one of a page rejects with `ERR_SESSION_INVALID_ARGUMENT`', async ({ driver }) => {
    await store(driver, { userId: '7' })
    for (const userId of ['7', undefined])
      for (const cursor of RUBBISH)
        await rejects(driver.list({ ...(userId === undefined ? {} : { userId }), cursor }), 'ERR_SESSION_INVALID_ARGUMENT')
  })

  suite.listing('a list shows what is known of a session', async ({ driver }) => {
    const { key } = await store(driver, { userId: '7', authenticatedAt: 'now', userAgent: undefined })
    const { payload: _payload, flash: _flash, version: _version, ...metadata } = await recordUnder(driver, key)
    equal(await listAll(driver, '7'), [{ key, ...metadata }])
  })

  suite.listing('a list shows what a session has become', async ({ driver, other, pass }) => {
    const { key, version, write } = await store(driver, { userId: '7' })
    const listed = async (): Promise<void> => {
      const { payload: _payload, flash: _flash, version: _version, ...metadata } = await recordUnder(driver, key)
      equal(await listAll(other, '7'), [{ key, ...metadata }], "a user's")
      equal(await listAll(other), [{ key, ...metadata }], 'all')
    }
    await listed()
    await pass(20)
    ofKind(
      await driver.update(key, aRecord({ userId: '7', ipAddress: '192.0.2.2', userAgent: 'other', authenticatedAt: 'now' }), version),
      'written',
    )
    await listed()
    await pass(20)
    ofKind(await driver.touch(key, write.durations), 'written')
    await listed()
  })

  suite.listing('what is there all the time is listed once, however much comes and goes between the pages', async ({ driver, other }) => {
    const stored = await Promise.all(Array.from({ length: 40 }, () => store(driver, { userId: '7' })))
    const doomed = await Promise.all(Array.from({ length: 20 }, () => store(driver, { userId: '7' })))
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = await driver.list({ userId: '7', limit: 5, cursor })
      for (const { key } of page.sessions) seen.push(key)
      cursor = page.cursor
      const gone = doomed.pop()
      if (gone !== undefined) await other.destroy(gone.key)
      await store(other, { userId: '7' })
    } while (cursor !== undefined && seen.length < 1000)
    for (const { key } of stored) equal(seen.filter((one) => one === key).length, 1, 'times a session is listed')
  })

  suite.listing('users are told apart exactly, by case and by spaces too', async ({ driver }) => {
    const users = ['a', 'A', 'a ', ' a', 'á', 'a%', 'ab', '']
    const stored = await Promise.all(users.map((userId) => store(driver, { userId })))
    for (const [n, userId] of users.entries())
      equal(keysOf(await listAll(driver, userId)), keysOf(stored.slice(n, n + 1)), JSON.stringify(userId))
  })

  suite.lockingAndListing('a session is found by the user it has now', async ({ driver, other, shortMs, pass }) => {
    const { key, version } = await store(driver, { userId: 'ada' })
    ofKind(await driver.update(key, aRecord({ userId: 'bob' }), version), 'written')
    equal([keysOf(await listAll(other, 'ada')), keysOf(await listAll(other, 'bob'))], [[], [key]], 'after update')

    const held = await hold(driver, key)
    ofKind(await driver.commit(held.lease, aRecord({ userId: 'eve' }), GIVE_BACK), 'written')
    equal([keysOf(await listAll(other, 'bob')), keysOf(await listAll(other, 'eve'))], [[], [key]], 'after commit')

    const { lease } = await hold(driver, key)
    const to = newKey()
    ofKind(await driver.replace(lease, to, aRecord({ userId: 'eve', ...livesFor(shortMs) }), aMarker(), GIVE_BACK), 'written')
    equal(keysOf(await listAll(other, 'eve')), [to], 'after replace')
    await pass(shortMs)
    equal(await listAll(other, 'eve'), [], 'after it expired')

    const second = await store(driver, { userId: 'eve' })
    ofKind(await driver.update(second.key, aRecord({ userId: undefined }), second.version), 'written')
    equal(await listAll(other, 'eve'), [], 'without a user')
    equal(keysOf(await listAll(other)), [second.key], 'among all')
  })

  suite.lockingAndListing('a session that is in use is listed', async ({ driver, other }) => {
    const { key } = await store(driver, { userId: '7' })
    const { lease } = await hold(driver, key)
    equal(keysOf(await listAll(other, '7')), [key])
    equal(await driver.renew(lease, LONG), true)
  })
}

function keysOf(sessions: readonly { readonly key: string }[]): string[] {
  return sessions.map(({ key }) => key).toSorted()
}
