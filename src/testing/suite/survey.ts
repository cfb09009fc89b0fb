import type { SurveyPage, SurveyedRecord, SurveyingDriver } from '../../contracts/surveying-driver.ts'
import { assert, equal, rejects } from '../assert.ts'
import { GIVE_BACK, LONG, aRecord, hold, livesFor, newToken, recordUnder, store, storeMarker } from './records.ts'
import type { Suite } from './world.ts'

/** What whoever looks after a store is shown. */
export function surveyTests(suite: Suite): void {
  suite.surveying('SurveyingDriver: Shows what lies in a store to whoever looks after it', async ({ driver, other }) => {
    equal(await surveyAll(driver, 100), [], 'an empty store')
    const small = await store(driver, { userId: '7' })
    const { payload: _payload, flash: _flash, version: _version, ...metadata } = await recordUnder(driver, small.key)
    // What no store can press together.
    const large = await store(driver, { payload: Array.from({ length: 200 }, newToken).join('') })
    const pages = await pagesOf(other, 100)
    const shown = new Map(pages.flatMap(({ records }) => records.map((record) => [record.key, record])))
    for (const { records, now } of pages)
      assert(records.length === 0 || (now !== undefined && now >= metadata.createdAt), "a page with records tells the store's clock")
    const [one, two] = [shown.get(small.key), shown.get(large.key)]
    equal(one, { key: small.key, kind: 'session', metadata, bytes: one?.bytes ?? 0, holder: undefined })
    assert(one !== undefined && two !== undefined && one.bytes > 0 && two.bytes >= 3000 && two.bytes > one.bytes, 'bytes')
  })

  suite.surveying(
    'survey: Goes through all sessions page by page, and through markers, what has expired and what cannot be read as well',
    async ({ driver, other, shortMs, pass, corrupt }) => {
      const stored = await Promise.all(Array.from({ length: 20 }, () => store(driver, { userId: '7' })))
      const ended = await Promise.all(Array.from({ length: 5 }, () => store(driver, livesFor(shortMs))))
      const { key: replaced, newKey: successor } = await storeMarker(driver)
      const undo = suite.canBeUnreadable ? await corrupt(stored[0]?.key ?? replaced) : undefined
      await pass(shortMs)
      for (const limit of [1, 4, 100]) {
        const shown = await surveyAll(other, limit)
        const kinds = new Map(shown.map(({ key, kind }) => [key, kind]))
        equal(shown.length, kinds.size, 'each is shown once')
        for (const [n, { key }] of stored.entries()) equal(kinds.get(key), n === 0 && undo !== undefined ? 'unreadable' : 'session')
        for (const { key } of ended) {
          const kind = kinds.get(key)
          assert(kind === 'expired' || (driver.expiresByItself && kind === undefined), `what has expired is shown as ${kind}`)
        }
        equal([kinds.get(replaced), kinds.get(successor)], ['marker', 'session'])
        for (const record of shown) {
          equal(record.metadata !== undefined, record.kind === 'session', `metadata of a ${record.kind}`)
          assert(!('payload' in record) && !('flash' in record) && !('version' in record), 'no contents')
        }
      }
      await undo?.()
    },
  )

  suite.surveying(
    'survey: Who holds a lease has a name that stays for as long as the lease is held, and opens nothing',
    async ({ driver, other }) => {
      const [held, free] = [await store(driver), await store(driver)]
      const { lease } = await hold(driver, held.key)
      const first = await holderOf(other, held.key)
      assert(first !== undefined && first !== '', 'the holder has no name')
      assert(!lease.token.includes(first) && !first.includes(lease.token), 'the name is the token, or a part of it')
      equal(await driver.renew(lease, LONG), true)
      equal([await holderOf(other, held.key), await holderOf(other, free.key)], [first, undefined], 'after a renewal')
      await driver.commit(lease, aRecord(), GIVE_BACK)
      equal(await holderOf(other, held.key), undefined, 'after it was given back')
      await hold(driver, held.key)
      const next = await holderOf(other, held.key)
      assert(next !== undefined && next !== first, 'the next holder has the same name')
    },
  )

  suite.surveying('survey: A cursor that cannot be one of a page rejects with `ERR_SESSION_INVALID_ARGUMENT`', async ({ driver }) => {
    await store(driver)
    for (const cursor of ['', '7', 'rubbish']) await rejects(driver.survey({ cursor }), 'ERR_SESSION_INVALID_ARGUMENT')
  })

  suite.surveying('survey: Nothing is changed by it', async ({ driver, other, shortMs, pass }) => {
    const [held, free] = [await store(driver), await store(driver)]
    await store(driver, livesFor(shortMs))
    const { lease } = await hold(driver, held.key)
    const before = [await recordUnder(driver, held.key), await recordUnder(driver, free.key)]
    await pass(shortMs)
    for (const one of [driver, other]) await surveyAll(one, 1)
    equal([await recordUnder(driver, held.key), await recordUnder(driver, free.key)], before)
    equal(await driver.renew(lease, LONG), true, 'the lease is still held')
    equal(await driver.gc(), driver.expiresByItself ? 0 : 1, 'what has expired is still there')
  })
}

async function holderOf(driver: SurveyingDriver, key: string): Promise<string | undefined> {
  return (await surveyAll(driver, 100)).find((record) => record.key === key)?.holder
}

async function surveyAll(driver: SurveyingDriver, limit: number): Promise<SurveyedRecord[]> {
  return (await pagesOf(driver, limit)).flatMap(({ records }) => records)
}

async function pagesOf(driver: SurveyingDriver, limit: number): Promise<SurveyPage[]> {
  const all: SurveyPage[] = []
  let cursor: string | undefined
  for (let pages = 0; pages < 1000; pages++) {
    const page = await driver.survey({ cursor, limit })
    assert(page.records.length <= limit, `survey: a page of ${page.records.length} records where at most ${limit} were asked for`)
    all.push(page)
    cursor = page.cursor
    if (cursor === undefined) return all
  }
  throw new Error('survey: 1000 pages, and no end')
}
