import { describe, expect, it } from 'vitest'
import { handlesIn, handlesOf, everyPage, moved, openOwnersShop } from '../support/owners-shop.ts'
import type { Known, OwnersShop } from '../support/owners-shop.ts'
import { sealing } from '../support/sealed-rings.ts'
import { failureOf, keyOf, visit } from './support/shop.ts'

const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0'
const START = 1_700_000_000_000
const IDLE_MS = 7_200_000

async function several(shop: OwnersShop, count: number, userId?: string | number): Promise<Known[]> {
  const known: Known[] = []
  for (let n = 0; n < count; n++) known.push(await shop.login(userId))
  return known
}

describe('a list of sessions', () => {
  it('ASVS-7.5.2: shows a user the own ones: when they began and were last used, when they end, from where, on what, and which is this one', async () => {
    const shop = openOwnersShop()
    const { sessions, clock } = shop
    const phone = await shop.login('ada', { ipAddress: '203.0.113.7', userAgent: FIREFOX })
    clock.advance(1000)
    const desk = await shop.login('ada')
    await shop.login('bob')
    await shop.login(undefined)
    clock.advance(89_000)
    const open = await visit(sessions, phone.id, { ipAddress: '203.0.113.7', userAgent: FIREFOX })
    await open.commit()
    clock.advance(5000)

    const { session } = await visit(sessions, desk.id)
    const page = await sessions.list({ userId: 'ada', current: session })
    expect(page.cursor).toBeUndefined()
    expect(page.sessions.toSorted((one, other) => one.createdAt - other.createdAt)).toEqual([
      {
        handle: phone.handle,
        userId: 'ada',
        createdAt: START,
        lastSeenAt: START + 90_000,
        expiresAt: START + 90_000 + IDLE_MS,
        ipAddress: '203.0.113.7',
        userAgent: FIREFOX,
        device: 'Firefox on Windows',
        isCurrent: false,
      },
      {
        handle: desk.handle,
        userId: 'ada',
        createdAt: START + 1000,
        lastSeenAt: START + 1000,
        expiresAt: START + 1000 + IDLE_MS,
        ipAddress: undefined,
        userAgent: undefined,
        device: undefined,
        isCurrent: true,
      },
    ])
  })

  it('ASVS-7.4.5: shows everybody’s where no user is named, those of nobody too', async () => {
    const shop = openOwnersShop()
    const known = [...(await several(shop, 2, 'ada')), await shop.login('bob'), await shop.login(undefined)]
    expect(await handlesOf(shop.sessions)).toEqual(handlesIn(known))
    const users = (await everyPage(shop.sessions)).flat().map(({ userId }) => String(userId))
    expect(users.toSorted((one, other) => one.localeCompare(other))).toEqual(['ada', 'ada', 'bob', 'undefined'])
  })

  it('ASVS-7.5.2: holds nothing that opens a session: no id, no key, no token, nothing of the contents', async () => {
    const shop = openOwnersShop()
    const known = await several(shop, 7, 'ada')
    const tokens: string[] = []
    for (const { id } of known) tokens.push(await shop.sessions.run(id, (session) => session.token(), { concurrency: 'readonly' }))
    expect(new Set(tokens).size).toBe(7)
    const shown = JSON.stringify([await everyPage(shop.sessions, { userId: 'ada' }), await everyPage(shop.sessions, { limit: 2 })])
    for (const { id, handle } of known) {
      expect(shown).toContain(handle)
      for (const secret of [id, keyOf(id), 'cart']) expect(shown).not.toContain(secret)
    }
    for (const token of tokens) expect(shown).not.toContain(token)
  })

  it.each([true, false])('ASVS-7.5.2: the cursor holds no id either (hashIds: %s)', async (hashIds) => {
    const shop = openOwnersShop({ hashIds })
    const known = await several(shop, 5, 'ada')
    for (const userId of [{ userId: 'ada' }, {}]) {
      let cursor: string | undefined
      do {
        ;({ cursor } = await shop.sessions.list({ ...userId, limit: 1, cursor }))
        for (const { id } of known) expect(cursor ?? '').not.toContain(id)
      } while (cursor !== undefined)
    }
  })

  it('goes through more sessions than a page has by its cursor, and shows each once', async () => {
    const shop = openOwnersShop()
    const ada = await several(shop, 25, 'ada')
    await several(shop, 25, 'bob')
    for (const limit of [1, 7, 25, 26, 1000]) {
      const pages = await everyPage(shop.sessions, { userId: 'ada', limit })
      for (const page of pages) expect(page.length).toBeLessThanOrEqual(limit)
      expect(
        pages
          .flat()
          .map(({ handle }) => handle)
          .toSorted(),
      ).toEqual(handlesIn(ada))
    }
    expect((await everyPage(shop.sessions, { limit: 9 })).flat()).toHaveLength(50)
  })

  it('has 100 sessions a page where nothing else is said', async () => {
    const shop = openOwnersShop()
    await several(shop, 101, 'ada')
    const first = await shop.sessions.list({ userId: 'ada' })
    expect(first.sessions).toHaveLength(100)
    const second = await shop.sessions.list({ userId: 'ada', cursor: first.cursor })
    expect([second.sessions.length, second.cursor]).toEqual([1, undefined])
  })

  it('shows no more of a user to one who has another user’s cursor', async () => {
    const shop = openOwnersShop()
    await several(shop, 10, 'ada')
    const bob = await several(shop, 10, 'bob')
    const { cursor } = await shop.sessions.list({ userId: 'ada', limit: 1 })
    const { sessions } = await shop.sessions.list({ userId: 'bob', cursor })
    for (const { userId, handle } of sessions) expect([userId, handlesIn(bob).includes(handle)]).toEqual(['bob', true])
  })

  it('leaves out what has expired, what was ended, and the ids that a session had before', async () => {
    const shop = openOwnersShop()
    const [idle, gone] = [await shop.login('ada'), await shop.login('ada')]
    shop.clock.advance(IDLE_MS - 1)
    const rotated = await moved(shop.sessions, await moved(shop.sessions, await shop.login('ada')), { destroy: true })
    expect(await handlesOf(shop.sessions, 'ada')).toEqual(handlesIn([idle, gone, rotated]))
    const open = await visit(shop.sessions, gone.id)
    await open.session.destroy()
    await open.commit()
    expect(await handlesOf(shop.sessions, 'ada')).toEqual(handlesIn([idle, rotated]))
    shop.clock.advance(1)
    expect(await handlesOf(shop.sessions, 'ada')).toEqual([rotated.handle])
    expect(await handlesOf(shop.sessions)).toEqual([rotated.handle])
  })

  it('takes a number and its text for the same user, and nothing else', async () => {
    const shop = openOwnersShop()
    const known = [await shop.login(7), await shop.login('7')]
    for (const other of ['07', '7 ', 70]) await shop.login(other)
    for (const userId of [7, '7']) expect(await handlesOf(shop.sessions, userId)).toEqual(handlesIn(known))
    expect((await shop.sessions.list({ userId: 7 })).sessions.map(({ userId }) => userId)).toEqual(['7', '7'])
  })

  it('shows a session once that a crash left under its old and its new key', async () => {
    const shop = openOwnersShop()
    const known = await shop.login('ada')
    const { handle } = known
    // `replace` inserts under the new key first; whoever dies then leaves both.
    const found = await shop.memory.read(keyOf(known.id))
    if (found?.kind !== 'record') throw new Error('it is not there')
    const durations = { idleMs: IDLE_MS, absoluteMs: undefined }
    await shop.memory.insert(keyOf('f'.repeat(40)), { ...found.record, durations, writeToken: 'a'.repeat(32) })
    expect(await handlesOf(shop.sessions, 'ada')).toEqual([handle])
  })
})

describe('the current session in a list', () => {
  it('is the one that asks, also after it took another id in this request', async () => {
    const shop = openOwnersShop()
    await several(shop, 3, 'ada')
    for (const options of [{}, { destroy: true }]) {
      const known = await shop.login('ada')
      const open = await visit(shop.sessions, known.id)
      await open.session.regenerate(options)
      const current = (await shop.sessions.list({ userId: 'ada', current: open.session })).sessions.filter(({ isCurrent }) => isCurrent)
      expect(current.map(({ handle }) => handle)).toEqual([known.handle])
      await open.commit()
    }
  })

  it('is none of them while it is new', async () => {
    const shop = openOwnersShop()
    await several(shop, 3, 'ada')
    const { session } = await visit(shop.sessions)
    session.setUserId('ada')
    for (const current of [session, undefined]) {
      const { sessions } = await shop.sessions.list({ userId: 'ada', ...(current && { current }) })
      expect(sessions.map(({ isCurrent }) => isCurrent)).toEqual([false, false, false])
    }
  })

  it('can be told apart by one that only reads', async () => {
    const shop = openOwnersShop()
    const known = await shop.login('ada')
    await shop.login('ada')
    const { session } = await visit(shop.sessions, known.id, { concurrency: 'readonly' })
    const { sessions } = await shop.sessions.list({ userId: 'ada', current: session })
    expect(sessions.filter(({ isCurrent }) => isCurrent).map(({ handle }) => handle)).toEqual([known.handle])
  })
})

describe('what a list asks of the store', () => {
  it('takes no lock, changes nothing, and shows a session that a request holds', async () => {
    const shop = openOwnersShop()
    const known = await shop.login('ada')
    const before = await shop.memory.read(keyOf(known.id))
    const open = await visit(shop.sessions, known.id)
    shop.driver.forget()
    expect(await handlesOf(shop.sessions, 'ada')).toEqual([known.handle])
    expect(shop.driver.methods).toEqual([])
    expect(await shop.memory.read(keyOf(known.id))).toEqual(before)
    await open.commit()
    await shop.idle()
  })

  it('fails as the store does', async () => {
    const shop = openOwnersShop()
    await shop.login('ada')
    shop.driver.beforeLists.push(() => {
      throw new TypeError('a fault of the driver')
    })
    expect(await failureOf(shop.sessions.list({ userId: 'ada' }))).toBeInstanceOf(Error)
    expect((await shop.sessions.list({ userId: 'ada' })).sessions).toHaveLength(1)
  })
})

describe('a list of sealed sessions', () => {
  it('has no address, no agent and no device where they are sealed, and all else', async () => {
    const seen = { ipAddress: '203.0.113.7', userAgent: FIREFOX }
    const shop = openOwnersShop({ serializer: sealing('old', { sealMetadata: true }) })
    const known = await shop.login('ada', seen)
    const [listed] = (await shop.sessions.list({ userId: 'ada' })).sessions
    const nowhere = { ipAddress: undefined, userAgent: undefined, device: undefined }
    expect(listed).toMatchObject({ handle: known.handle, userId: 'ada', createdAt: START, ...nowhere })
    expect(JSON.stringify(await shop.memory.list({ userId: 'ada' }))).not.toContain('203.0.113.7')
    // Whoever opens the session has them.
    expect(await shop.sessions.run(known.id, (session) => [session.ipAddress, session.userAgent])).toEqual(Object.values(seen))
  })

  it('has them where only the contents are sealed', async () => {
    const shop = openOwnersShop({ serializer: sealing('old') })
    await shop.login('ada', { ipAddress: '203.0.113.7', userAgent: FIREFOX })
    const [listed] = (await shop.sessions.list({ userId: 'ada' })).sessions
    expect(listed).toMatchObject({ ipAddress: '203.0.113.7', userAgent: FIREFOX, device: 'Firefox on Windows' })
  })
})
