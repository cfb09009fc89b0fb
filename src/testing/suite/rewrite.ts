import { assert, equal, ofKind, rejects } from '../assert.ts'
import {
  GIVE_BACK,
  LONG,
  aRecord,
  hold,
  livesFor,
  markerUnder,
  newKey,
  newToken,
  recordUnder,
  someTexts,
  store,
  storeMarker,
} from './records.ts'
import type { Suite } from './world.ts'

/** Other texts in the place of those that a record has. */
export function rewriteTests(suite: Suite): void {
  suite.rewriting(
    'RewritingDriver: Gives a record other texts without using the session: for whoever seals what is stored anew, under another key',
    async ({ driver, other }) => {
      const { key, version } = await store(driver, { payload: 'sealed under one key', flash: 'and this' })
      const found = await recordUnder(driver, key)
      const texts = someTexts({ payload: found.payload.replace('one', 'another'), flash: `${found.flash} too` })
      ofKind(await driver.rewrite(key, texts, found.version), 'written')
      const record = await recordUnder(other, key)
      equal([record.payload, record.flash], ['sealed under another key', 'and this too'])
      // Whoever uses the session next goes on from there.
      ofKind(await other.update(key, aRecord(), record.version), 'written')
      equal((await recordUnder(driver, key)).version.counter, version.counter + 2)
    },
  )

  suite.rewriting('rewrite: Replaces the texts of a record at the version given, and raises the version', async ({ driver, other }) => {
    const { key, version } = await store(driver)
    let at = version
    for (let counter = 2; counter <= 4; counter++) {
      const { payload, flash, writeToken } = someTexts({ payload: `payload ${counter}`, flash: `flash ${counter}` })
      at = ofKind(await driver.rewrite(key, { payload, flash, writeToken }, at), 'written').version
      equal(at, { counter, writeToken })
      const record = await recordUnder(other, key)
      equal([record.payload, record.flash, record.version], [payload, flash, at])
    }
  })

  suite.rewriting(
    'rewrite: All else stays: user, instants, and the expiry above all, since nobody used the session',
    async ({ driver, other, pass }) => {
      const full = { userId: '7', durations: { idleMs: LONG, absoluteMs: 2 * LONG } }
      const bare = { ipAddress: undefined, userAgent: undefined }
      for (const changes of [full, bare]) {
        const { key, version, write } = await store(driver, changes)
        const { createdAt } = await recordUnder(driver, key)
        await pass(50)
        // Each instant is another one.
        const instants = changes === full ? { createdAt, authenticatedAt: createdAt + 1, regeneratedAt: createdAt + 2 } : { createdAt }
        ofKind(await driver.update(key, { ...write, ...instants, writeToken: newToken() }, version), 'written')
        const before = await recordUnder(driver, key)
        await pass(50)
        const texts = someTexts()
        const answer = ofKind(await driver.rewrite(key, texts, before.version), 'written')
        const { payload, flash, writeToken } = texts
        equal(await recordUnder(other, key), { ...before, payload, flash, version: { counter: before.version.counter + 1, writeToken } })
        equal(answer.expiresAt, before.expiresAt, 'expiresAt of the answer')
      }
    },
  )

  suite.rewriting('a record that was rewritten ends when it would have ended', async ({ driver, other, shortMs, pass }) => {
    const { key, version, expiresAt } = await store(driver, livesFor(shortMs))
    equal(ofKind(await driver.rewrite(key, someTexts(), version), 'written').expiresAt, expiresAt)
    equal((await recordUnder(other, key)).expiresAt, expiresAt)
    await pass(shortMs)
    for (const one of [driver, other]) equal(await one.read(key), undefined)
  })

  suite.lockingAndRewriting("rewrite: Under another's live lease it is `busy`", async ({ driver, other }) => {
    const { key, version } = await store(driver)
    const { lease, record } = await hold(driver, key)
    for (const from of [version, { counter: 9, writeToken: 'other' }]) {
      for (const one of [driver, other]) equal(await one.rewrite(key, someTexts(), from), { kind: 'busy' })
    }
    equal(await recordUnder(other, key), record)
    equal(await driver.unlock(lease), true, 'the lease is still held')
    ofKind(await other.rewrite(key, someTexts(), version), 'written')
  })

  if (suite.canLeaseEnd) {
    suite.lockingAndRewriting('a rewrite goes through once a lease has ended', async ({ driver, other, shortMs, pass }) => {
      const { key, version } = await store(driver)
      const { lease } = await hold(driver, key, shortMs)
      await pass(shortMs)
      const { version: rewritten } = ofKind(await other.rewrite(key, someTexts(), version), 'written')
      equal(await driver.commit(lease, aRecord(), GIVE_BACK), { kind: 'lost' }, 'commit of the late holder')
      equal(await driver.renew(lease, LONG), false, 'renewal of the late holder')
      equal((await recordUnder(driver, key)).version, rewritten)
    })
  }

  suite.rewriting('rewrite: It never inserts', async ({ driver, shortMs, pass }) => {
    const never = newKey()
    const [destroyed, expired] = [await store(driver), await store(driver, livesFor(shortMs))]
    await driver.destroy(destroyed.key)
    await pass(shortMs)
    for (const key of [never, destroyed.key, expired.key]) {
      equal(await driver.rewrite(key, someTexts(), destroyed.version), { kind: 'gone' })
      equal(await driver.rewrite(key, someTexts(), expired.version), { kind: 'gone' })
      equal(await driver.read(key), undefined)
    }
  })

  suite.lockingAndRewriting('rewrite on a marker is gone, and the marker stays', async ({ driver }) => {
    const { key, version } = await storeMarker(driver)
    const marker = await markerUnder(driver, key)
    for (const counter of [version.counter, version.counter + 1]) {
      equal(await driver.rewrite(key, someTexts(), { ...version, counter }), { kind: 'gone' })
    }
    equal(await markerUnder(driver, key), marker)
  })

  suite.rewriting(
    'rewrite at another version is a conflict and changes nothing: another counter, or another write of that counter',
    async ({ driver, other }) => {
      const { key, version } = await store(driver)
      ofKind(await driver.update(key, aRecord(), version), 'written')
      const before = await recordUnder(driver, key)
      const { counter, writeToken } = before.version
      for (const from of [version, { counter: counter + 1, writeToken }, { counter, writeToken: version.writeToken }]) {
        equal(await other.rewrite(key, someTexts(), from), { kind: 'conflict' })
      }
      equal(await recordUnder(driver, key), before)
    },
  )

  suite.rewriting('of 20 rewrites from one version exactly one is written', async ({ driver, other }) => {
    const { key, version } = await store(driver)
    const writes = Array.from({ length: 20 }, (_, n) => someTexts({ payload: String(n) }))
    const answers = await Promise.all(writes.map((texts, n) => (n % 2 === 0 ? driver : other).rewrite(key, texts, version)))
    const winners = writes.filter((_, n) => answers[n]?.kind === 'written')
    equal(winners.length, 1, 'winners')
    for (const answer of answers) assert(['written', 'conflict', 'busy'].includes(answer.kind), `a rewrite was answered ${answer.kind}`)
    const record = await recordUnder(driver, key)
    equal([record.payload, record.version], [winners[0]?.payload, { counter: 2, writeToken: winners[0]?.writeToken }])
  })

  suite.rewriting('what was read before a rewrite is not written over it', async ({ driver, other }) => {
    const { key, version, write } = await store(driver)
    ofKind(await driver.rewrite(key, someTexts(), version), 'written')
    const rewritten = await recordUnder(driver, key)
    equal(await other.update(key, aRecord(), version), { kind: 'conflict' }, 'update')
    equal(await other.touch(key, write.durations, version), { kind: 'conflict' }, 'touch')
    equal(await other.rewrite(key, someTexts(), version), { kind: 'conflict' }, 'rewrite')
    equal(await recordUnder(driver, key), rewritten)
  })

  suite.lockingAndRewriting('a commit under a version from before a rewrite is lost', async ({ driver, other }) => {
    const { key, version } = await store(driver)
    const token = newToken()
    const first = ofKind(await driver.acquire(key, { token, leaseMs: LONG }), 'held')
    await driver.unlock(first.lease)
    const { version: rewritten } = ofKind(await other.rewrite(key, someTexts(), version), 'written')
    // The same holder again, with what it knew before.
    const again = ofKind(await driver.acquire(key, { token, leaseMs: LONG }), 'held')
    equal(again.lease.version, rewritten, 'version of the new lease')
    equal(await driver.commit(first.lease, aRecord(), GIVE_BACK), { kind: 'lost' })
    equal((await recordUnder(other, key)).version, rewritten)
    ofKind(await driver.commit(again.lease, aRecord(), GIVE_BACK), 'written')
  })

  if (suite.canFail) {
    suite.rewriting(
      'rewrite: Of unknown outcome it is not sent again: it rejects with `ERR_SESSION_DRIVER_FAILED`',
      async ({ driver, breakStore, pass }) => {
        const { key, version } = await store(driver)
        const before = await recordUnder(driver, key)
        const undo = await breakStore()
        try {
          const error = await rejects(driver.rewrite(key, someTexts(), version), 'ERR_SESSION_DRIVER_FAILED')
          assert(error.cause !== undefined, `the error has no cause: ${error.message}`)
        } finally {
          await undo()
        }
        await pass(50)
        equal(await recordUnder(driver, key), before, 'the record afterwards')
        ofKind(await driver.rewrite(key, someTexts(), version), 'written')
      },
    )
  }

  suite.rewriting('rewrite: A copy that somebody else sends again is refused by the version', async ({ driver, other }) => {
    const { key, version } = await store(driver)
    const texts = someTexts()
    const { version: rewritten } = ofKind(await driver.rewrite(key, texts, version), 'written')
    for (const one of [driver, other]) equal(await one.rewrite(key, texts, version), { kind: 'conflict' })
    equal((await recordUnder(driver, key)).version, rewritten)
    await driver.destroy(key)
    equal(await other.rewrite(key, texts, version), { kind: 'gone' }, 'a copy that comes after the end')
    equal(await driver.read(key), undefined)
  })

  suite.rewriting('texts that are put in the place of others may be any text: empty, long, with NUL, longer or shorter', async (world) => {
    const { driver, other } = world
    const { key, version } = await store(driver, { payload: 'x'.repeat(20_000), flash: '' })
    let at = version
    for (const [payload, flash] of [
      ['', ''],
      ['\0', 'a\0b'],
      ['\u0001\u001F\u007F', '\uFEFFbom\r\n'],
      ['é e\u0301 😀👩‍👩‍👧', '"\\\'`${}%s:;'],
      ['a1é€😀'.repeat(10_000), '\uFFFD\uFFFE'],
      ['short', 'z'.repeat(30_000)],
      ['y'.repeat(9000), ''],
    ]) {
      const texts = someTexts({ payload: payload ?? '', flash: flash ?? '' })
      at = ofKind(await driver.rewrite(key, texts, at), 'written').version
      const record = await recordUnder(other, key)
      equal([record.payload === texts.payload, record.flash === texts.flash], [true, true], JSON.stringify(texts).slice(0, 60))
    }
  })
}
