import { describe, expect, it } from 'vitest'
import { refusalOf } from '../support/config-refusal.ts'
import { asked, nextId, refusals, told, visited } from '../support/visits.ts'
import { idIn, keyOf, openShop, visit } from './support/shop.ts'
import type { Options, Shop } from './support/shop.ts'

const nothing = (): void => undefined

interface Family extends Shop {
  /** Each is the successor of the one before. */
  readonly ids: readonly [string, ...string[]]
  readonly last: string
  readonly reasons: string[]
  readonly revoked: readonly object[]
}

/** A session that got a new id so many times, each well after the grace of the one before. */
async function family(moves: number, options: Options = {}, apartMs = 1_000_000): Promise<Family> {
  const shop = openShop({ onReuse: 'revoke', ...options })
  const ids: [string, ...string[]] = [
    await shop.stored((session) => {
      session.setUserId('ada')
      session.set('n', 0)
    }),
  ]
  for (let each = 0; each < moves; each++) {
    shop.clock.advance(apartMs)
    ids.push(await nextId(shop.sessions, ids.at(-1) ?? '', (session) => session.regenerate()))
  }
  shop.driver.forget()
  return { ...shop, ids, last: ids.at(-1) ?? '', reasons: refusals(shop.sessions), revoked: told(shop.sessions, 'revoked') }
}

/** Whose session an id leads to, without using any. */
const userAt = (shop: Shop, id: string): Promise<unknown> =>
  asked(shop.another({ onReuse: 'report' }), id, ({ userId, isNew }) => (isNew ? undefined : userId))

describe('CS-SM Renewal Timeout: an id that was replaced long ago', () => {
  it('with report is told of, and leaves the session alone', async () => {
    const shop = await family(1, { onReuse: 'report' })
    shop.clock.advance(30_000)
    const { result } = await visited(shop.sessions, shop.ids[0], ({ isNew }) => isNew)
    expect([result, shop.reasons, shop.revoked]).toEqual([true, ['replaced-id'], []])
    expect(await userAt(shop, shop.last)).toBe('ada')
    await shop.idle()
  })

  it('is only told of by default', async () => {
    const shop = openShop()
    const id = await shop.stored((session) => session.setUserId('ada'))
    const last = await nextId(shop.sessions, id, (session) => session.regenerate())
    shop.clock.advance(30_000)
    await visited(shop.sessions, id, nothing)
    expect(await userAt(shop, last)).toBe('ada')
  })

  it.each(['exclusive', 'readonly'] as const)('with revoke ends the session, and the visitor gets a new one (%s)', async (concurrency) => {
    const shop = await family(1)
    shop.clock.advance(30_000)
    const { result, sent } = await visited(shop.sessions, shop.ids[0], (session) => [session.isNew, session.userId, session.all()], {
      concurrency,
    })
    expect([result, sent, shop.reasons]).toEqual([[true, undefined, {}], undefined, ['replaced-id']])
    expect(shop.revoked).toEqual([{ key: undefined, reason: 'reuse', userId: undefined, removed: 1 }])
    expect(await userAt(shop, shop.last)).toBeUndefined()
    expect((await shop.memory.list()).sessions).toEqual([])
    await shop.idle()
  })

  it('with revoke tells of the old key, and of no id', async () => {
    const shop = await family(1)
    const refused = told(shop.sessions, 'refused')
    shop.clock.advance(30_000)
    await visited(shop.sessions, shop.ids[0], nothing)
    expect(refused).toMatchObject([{ reason: 'replaced-id', key: keyOf(shop.ids[0]) }])
    for (const id of shop.ids) expect(JSON.stringify([refused, shop.revoked])).not.toContain(id)
  })

  it.each([2, 5, 6, 7, 12])('with revoke ends the session after %d new ids, whichever of the old ones is used', async (moves) => {
    for (const index of [0, moves - 1]) {
      const shop = await family(moves, {}, 500_000)
      shop.clock.advance(30_000)
      await visited(shop.sessions, shop.ids[index] ?? '', nothing)
      expect([index, await userAt(shop, shop.last)]).toEqual([index, undefined])
      await shop.idle()
    }
  })

  it('with revoke ends what a session by itself became', async () => {
    const shop = await family(0, { lifetime: { rotateEverySeconds: 900 } })
    let last = shop.last
    for (let each = 0; each < 3; each++) {
      shop.clock.advance(900_000)
      last = await nextId(shop.sessions, last, nothing)
    }
    shop.clock.advance(30_000)
    await visited(shop.sessions, shop.ids[0], nothing)
    expect(await userAt(shop, last)).toBeUndefined()
  })

  it('with revoke ends the session under one who has it now: nothing of that request is stored', async () => {
    const shop = await family(1)
    shop.clock.advance(30_000)
    const open = await visit(shop.sessions, shop.last)
    open.session.increment('n')
    await visited(shop.sessions, shop.ids[0], nothing)
    expect(idIn((await open.commit()).setCookie)).toBeUndefined()
    expect(await userAt(shop, shop.last)).toBeUndefined()
    expect(shop.reasons).toEqual(['replaced-id', 'gone'])
    await shop.idle()
  })

  it('with revoke does so once, and says no more than it did', async () => {
    const shop = await family(2)
    shop.clock.advance(30_000)
    for (const id of [...shop.ids, ...shop.ids]) await visited(shop.sessions, id, nothing)
    const removed = shop.revoked.map((event) => ('removed' in event ? event.removed : undefined))
    expect(removed.filter((count) => count !== 0)).toEqual([1])
  })

  it('with revoke says of a session that was logged out that none was ended', async () => {
    const shop = await family(1)
    await visited(shop.sessions, shop.last, (session) => session.destroy())
    shop.clock.advance(30_000)
    await visited(shop.sessions, shop.ids[0], nothing)
    expect(shop.reasons).toEqual(['replaced-id'])
    expect(shop.revoked.filter((event) => !('removed' in event) || event.removed !== 0)).toEqual([])
  })
})

describe('CS-SM Renewal Timeout: revoke never ends a session', () => {
  it('within the grace, to the millisecond', async () => {
    const shop = await family(1)
    shop.clock.advance(29_999)
    expect(await visited(shop.sessions, shop.ids[0], ({ userId }) => userId)).toEqual({ result: 'ada', sent: shop.last })
    expect([shop.reasons, shop.revoked]).toEqual([[], []])
    await shop.idle()
  })

  it('within the grace of an id, however often it was replaced since', async () => {
    const shop = await family(8, {}, 1000)
    for (const id of shop.ids) await visited(shop.sessions, id, nothing)
    expect(await userAt(shop, shop.last)).toBe('ada')
    expect(shop.revoked).toEqual([])
    await shop.idle()
  })

  it('for the id that a login replaced', async () => {
    const shop = openShop({ onReuse: 'revoke' })
    const id = await shop.stored()
    const login = await nextId(shop.sessions, id, async (session) => {
      await session.regenerate({ destroy: true })
      session.setUserId('ada')
    })
    const revoked = told(shop.sessions, 'revoked')
    for (const ms of [0, 29_999, 1, 3_600_000]) {
      shop.clock.advance(ms)
      await visited(shop.sessions, id, nothing)
      expect([await userAt(shop, login), revoked]).toEqual(['ada', []])
    }
    await shop.idle()
  })

  it('of a login that came after the rotation', async () => {
    const shop = await family(1)
    shop.clock.advance(1_000_000)
    const login = await nextId(shop.sessions, shop.last, async (session) => {
      await session.regenerate({ destroy: true })
      session.setUserId('eve')
    })
    await visited(shop.sessions, shop.ids[0], nothing)
    expect(await userAt(shop, login)).toBe('eve')
    await shop.idle()
  })

  it('of a login, nor what stands between it and requests that were under way', async () => {
    const shop = await family(1)
    shop.clock.advance(1_000_000)
    await nextId(shop.sessions, shop.last, (session) => session.regenerate({ destroy: true }))
    await visited(shop.sessions, shop.ids[0], nothing)
    // This one came with the id that the login replaced a moment ago: it must not send a cookie over that of the login.
    const open = await visit(shop.sessions, shop.last)
    expect(() => open.session.set('n', 1)).toThrow(expect.objectContaining({ code: 'ERR_SESSION_READONLY' }))
    expect(await open.commit()).toEqual({ setCookie: undefined })
    await shop.idle()
  })

  it('for an id that nobody ever had, or whose session ended by itself', async () => {
    const shop = await family(1)
    const other = await shop.stored((session) => session.setUserId('eve'))
    for (const id of ['e'.repeat(40), 'not an id']) await visited(shop.sessions, id, nothing)
    expect([await userAt(shop, shop.last), await userAt(shop, other), shop.revoked]).toEqual(['ada', 'eve', []])
    shop.clock.advance(7_200_000)
    await visited(shop.sessions, shop.last, nothing)
    expect(shop.revoked).toEqual([])
  })
})

describe('CS-SM Renewal Timeout: an id that was replaced long ago, beside other cookies', () => {
  it('loses to one that leads to a session, which is not ended for it', async () => {
    const shop = await family(1)
    shop.clock.advance(30_000)
    for (const ids of [
      [shop.ids[0], shop.last],
      [shop.last, shop.ids[0]],
    ]) {
      expect((await visited(shop.sessions, ids, ({ userId }) => userId)).result).toBe('ada')
    }
    await shop.idle()
  })

  it('is told of also where it stands before one that leads to a session', async () => {
    const shop = await family(1)
    shop.clock.advance(30_000)
    await visited(shop.sessions, [shop.ids[0], shop.last], nothing)
    expect(shop.reasons).toEqual(['replaced-id'])
    await shop.idle()
  })

  it.each(['before', 'behind'])('is not hidden by an unknown one %s it', async (where) => {
    const shop = await family(1)
    shop.clock.advance(30_000)
    const unknown = 'e'.repeat(40)
    await visited(shop.sessions, where === 'before' ? [unknown, shop.ids[0]] : [shop.ids[0], unknown], nothing)
    expect([shop.reasons.toSorted(), await userAt(shop, shop.last)]).toEqual([['replaced-id', 'unknown-id'], undefined])
    await shop.idle()
  })
})

it('what is no word for it is refused when the manager is made', () => {
  for (const onReuse of ['end', true, null]) {
    expect(refusalOf(() => Reflect.apply(openShop, undefined, [{ onReuse }]))).toMatch(/^Option 'onReuse'/)
  }
})
