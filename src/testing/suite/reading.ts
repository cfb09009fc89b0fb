import { assert, equal, ofKind } from '../assert.ts'
import { GIVE_BACK, LONG, aRecord, hold, markerUnder, newKey, recordUnder, store, storeMarker } from './records.ts'
import type { Suite } from './world.ts'

/** What is read is what was written. */
export function readingTests(suite: Suite): void {
  suite.test('read: Reads what lives under a key; `undefined` when there is nothing', async ({ driver, other }) => {
    const { key, version, write, expiresAt } = await store(driver, { userId: '7', authenticatedAt: 'now', regeneratedAt: 'now' })
    const { record, now } = ofKind(await other.read(key), 'record')
    const { payload, flash, handle, userId, ipAddress, userAgent } = write
    const at = record.lastActivity
    const instants = { createdAt: at, authenticatedAt: at, regeneratedAt: at, lastActivity: at, expiresAt }
    equal(record, { payload, flash, handle, userId, ipAddress, userAgent, version, ...instants })
    equal(expiresAt, at + LONG, 'expiresAt')
    assert(now >= at && now < expiresAt, `the store's now, ${now}, lies between the write, ${at}, and the end, ${expiresAt}`)
    equal(await driver.read(newKey()), undefined, 'nothing')
  })

  suite.locking('a marker is read with its reason, its salt and the time it was put there', async ({ driver, other }) => {
    for (const reason of ['login', 'rotation'] as const) {
      const salt = reason === 'rotation' ? '00ff00ff' : undefined
      const { key } = await storeMarker(driver, { reason, salt })
      const { marker, now } = ofKind(await other.read(key), 'marker')
      equal([marker.reason, marker.salt], [reason, salt])
      assert(marker.replacedAt <= now && marker.replacedAt > now - LONG, `replacedAt ${marker.replacedAt} is not the store's now, ${now}`)
    }
  })

  suite.test('read: A read changes nothing', async ({ driver, pass }) => {
    const { key } = await store(driver)
    const before = await recordUnder(driver, key)
    await pass(50)
    await recordUnder(driver, key)
    equal(await recordUnder(driver, key), before)
  })

  suite.test('what a record does not have stays absent', async ({ driver }) => {
    const { key } = await store(driver, { ipAddress: undefined, userAgent: undefined })
    const { authenticatedAt, regeneratedAt, userId, ipAddress, userAgent } = await recordUnder(driver, key)
    equal([authenticatedAt, regeneratedAt, userId, ipAddress, userAgent], Array(5).fill(undefined))
  })

  suite.test('a payload of 1 MiB comes back whole', async ({ driver, other }) => {
    const payload = 'a1é€😀'.repeat(130_000)
    const { key, version } = await store(driver, { payload })
    equal((await recordUnder(other, key)).payload === payload, true, 'payload after insert is the same')
    const longer = `${payload}!`
    ofKind(await driver.update(key, aRecord({ payload: longer, flash: payload }), version), 'written')
    const record = await recordUnder(other, key)
    equal(record.payload === longer && record.flash === payload, true, 'payload and flash after update are the same')
  })

  suite.test('a text that shrinks and grows leaves nothing of the longer one', async ({ driver, other }) => {
    const { key, version } = await store(driver, { payload: 'x'.repeat(20_000) })
    let at = version
    for (const length of [0, 5, 9000, 1]) {
      const write = aRecord({ payload: 'y'.repeat(length), flash: 'z'.repeat(9000 - length) })
      at = ofKind(await driver.update(key, write, at), 'written').version
      const record = await recordUnder(other, key)
      equal([record.payload, record.flash], [write.payload, write.flash])
    }
  })

  suite.test('every text of well-formed Unicode comes back as it was, NUL included', async ({ driver, other }) => {
    const texts = [
      '',
      ' ',
      '\0',
      'a\0b',
      '\uFEFFbom',
      'line\r\nline\n',
      '\u2028\u2029',
      'é',
      'e\u0301',
      '😀👩‍👩‍👧',
      '"\\\'`${}%s:;',
      '\uFFFD\uFFFE',
      'trailing ',
      '\u0001\u001F\u007F',
      'null',
      'undefined',
      '0',
    ]
    for (const text of texts) {
      const { key } = await store(driver, { payload: text, flash: text })
      const record = await recordUnder(other, key)
      equal([record.payload, record.flash], [text, text], JSON.stringify(text))
    }
  })

  suite.test('a user agent and a user id may be any printable text', async ({ driver, other }) => {
    const changes = {
      userId: '名前 "7" \\ ; --',
      userAgent: `Mozilla/5.0 ${'é'.repeat(600)}`,
      ipAddress: '2001:db8:85a3:8d3:1319:8a2e:370:7348',
    }
    const { key } = await store(driver, changes)
    const { userId, userAgent, ipAddress } = await recordUnder(other, key)
    equal({ userId, userAgent, ipAddress }, changes)
  })

  suite.test('keys of 40 and of 64 hex digits are different records, also when one begins like the other', async ({ driver }) => {
    const long = newKey(32)
    const short = newKey(20)
    await store(driver, { payload: 'long' }, long)
    await store(driver, { payload: 'short' }, short)
    equal((await recordUnder(driver, long)).payload, 'long')
    equal((await recordUnder(driver, short)).payload, 'short')
    await driver.destroy(short)
    equal((await recordUnder(driver, long)).payload, 'long')
  })

  suite.locking('reading does not wait for a lease', async ({ driver, other }) => {
    const { key } = await store(driver)
    const { lease } = await hold(driver, key)
    await recordUnder(other, key)
    ofKind(
      await driver.replace(
        lease,
        newKey(),
        aRecord(),
        { reason: 'login', salt: undefined, minimumMs: LONG, maximumMs: LONG, writeToken: 'm' },
        GIVE_BACK,
      ),
      'written',
    )
    await markerUnder(other, key)
  })
}
