import { describe, expect, it } from 'vitest'
import { NativeSerializer } from '../../src/serializers/native.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import type { Session } from '../../src/session/session.ts'
import { call } from '../adapters/node/support.ts'
import { asked, recordUnder, visited } from '../support/visits.ts'
import { keyOf, openShop } from './support/shop.ts'
import type { Shop } from './support/shop.ts'

const standing = (session: Session): unknown => [session.isFresh({ withinSeconds: 900 }), session.level]
const NOTHING = [false, 0]

/** Puts a payload of any kind under an id, as somebody who can write to the store would. */
async function forge(shop: Shop, id: string, attributes: Record<string, unknown>): Promise<void> {
  const record = await recordUnder(shop.memory, id)
  if (record === undefined) throw new Error('there is no record')
  const payload = new NativeSerializer().prepare(attributes, { key: keyOf(id), field: 'payload', loaded: undefined })
  if (typeof payload !== 'string') throw new Error('no text')
  const { version, ...rest } = record
  const durations = { idleMs: 7_200_000, absoluteMs: undefined }
  const result = await shop.memory.update(keyOf(id), { ...rest, payload, durations, writeToken: 'a'.repeat(32) }, version)
  expect(result.kind).toBe('written')
}

describe('NIST-5.1 c: no level comes from', () => {
  it('attributes, whatever they are called', async () => {
    const { sessions, stored } = openShop()
    const id = await stored((session) => {
      session.setUserId('ada')
      for (const key of ['auth_level', 'level', 'authenticatedAt', 'metadata.auth_level', 'user.auth_level']) session.set(key, 9)
    })
    expect(await asked(sessions, id, standing)).toEqual(NOTHING)
  })

  it.each(['_meta', '_meta.auth_level'])('an attribute %s: there can be none', async (key) => {
    const { sessions, stored } = openShop()
    const id = await stored((session) => session.setUserId('ada'))
    await visited(sessions, id, (session) => {
      expect(() => session.set(key, 9)).toThrow(expect.objectContaining({ code: 'ERR_SESSION_INVALID_ARGUMENT' }))
      expect(() => session.attributes.set(key, 9)).toThrow(expect.objectContaining({ code: 'ERR_SESSION_INVALID_ARGUMENT' }))
    })
    expect(await asked(sessions, id, standing)).toEqual(NOTHING)
  })

  it('the metadata bag: it refuses to be told, and everything else of it stays as it was', async () => {
    const { sessions, stored } = openShop()
    const id = await stored((session) => {
      session.setUserId('ada')
      session.markAuthenticated()
    })
    const { result } = await visited(sessions, id, (session) => {
      for (const value of [9, '9', null, undefined]) {
        expect(() => session.metadata.set('auth_level', value)).toThrow(expect.objectContaining({ code: 'ERR_SESSION_INVALID_ARGUMENT' }))
      }
      return [session.isDirty, session.level]
    })
    expect(result).toEqual([false, 1])
  })

  it('schema and upgradeData, which are not shown the one that there is', async () => {
    const shop = openShop()
    const id = await shop.stored((session) => {
      session.setUserId('ada')
      session.markAuthenticated({ level: 1 })
    })
    const seen: unknown[] = []
    const sessions = new SessionManager({
      driver: shop.driver,
      upgradeData: (data) => {
        seen.push(Object.keys(data))
        return { ...data, _meta: { auth_level: 9 }, auth_level: 9 }
      },
    })
    expect(await asked(sessions, id, ({ level }) => level)).toBe(1)
    expect(seen).toEqual([[]])
  })

  it('a payload that somebody else wrote, unless the store says when as well', async () => {
    const shop = openShop()
    const id = await shop.stored((session) => session.setUserId('ada'))
    await forge(shop, id, { auth_level: 9, level: 9, n: 1 })
    expect(await asked(shop.sessions, id, standing)).toEqual(NOTHING)
    await forge(shop, id, { _meta: { auth_level: 9 } })
    expect(await asked(shop.sessions, id, (session) => session.isFresh({ withinSeconds: 1e9 }))).toBe(false)
  })

  it.each([['9'], [null], [Number.NaN], [[9]], [{ valueOf: 9 }], [true], [1.5], [Infinity]])(
    'what is stored in its place and is no level: %j',
    async (level) => {
      const shop = openShop()
      const id = await shop.stored((session) => {
        session.setUserId('ada')
        session.markAuthenticated()
      })
      await forge(shop, id, { _meta: { auth_level: level } })
      expect(await asked(shop.sessions, id, standing)).toEqual(NOTHING)
    },
  )

  it.each([[null], [9], ['auth_level'], [[9]]])('metadata that is none: %j', async (metadata) => {
    const shop = openShop()
    const id = await shop.stored((session) => {
      session.setUserId('ada')
      session.markAuthenticated()
    })
    await forge(shop, id, { _meta: metadata })
    expect(await asked(shop.sessions, id, standing)).toEqual(NOTHING)
  })

  it('nothing that is shown: the level stands in no list and among no attributes', async () => {
    const { sessions, memory, stored } = openShop()
    const id = await stored((session) => {
      session.setUserId('ada')
      session.markAuthenticated({ level: 2 })
      session.set('n', 1)
    })
    expect(JSON.stringify(await memory.list())).not.toContain('auth_level')
    expect(await asked(sessions, id, (session) => Object.keys(session.all()).toSorted())).toEqual(['_token', 'n'])
  })
})

describe('a level that is none', () => {
  it.each([[0], [10], [-1], [1.5], [Number.NaN], [Infinity], ['2'], [null], [{}]])('is refused, and nothing changes: %j', async (level) => {
    const { sessions, driver, clock, memory, stored } = openShop()
    const id = await stored((session) => {
      session.setUserId('ada')
      session.markAuthenticated({ level: 2 })
    })
    const at = clock.now()
    clock.advance(1000)
    driver.forget()
    const { result } = await visited(sessions, id, (session) => {
      expect(() => call(session, 'markAuthenticated', { level })).toThrow(expect.objectContaining({ code: 'ERR_SESSION_INVALID_ARGUMENT' }))
      return [session.isDirty, session.level, session.authenticatedAt]
    })
    expect(result).toEqual([false, 2, at])
    expect(driver.methods).toEqual(['acquire', 'unlock'])
    expect(await recordUnder(memory, id)).toMatchObject({ authenticatedAt: at })
  })

  it.each([
    ['NaN', Number.NaN],
    ['null', null],
    ['a word', 'x'],
  ])('is met by nobody when a page demands it: %s', async (_, level) => {
    const { sessions, stored } = openShop()
    const id = await stored((session) => {
      session.setUserId('ada')
      session.markAuthenticated()
    })
    // A configuration that was not read must not let everybody in.
    const isFresh = asked(sessions, id, (session) => call(session, 'isFresh', { withinSeconds: 900, level }))
    expect(await isFresh.catch(() => false)).toBe(false)
  })

  it.each([
    ['NaN', Number.NaN],
    ['nothing', undefined],
    ['a word', 'x'],
  ])('nor a time that is none: %s', async (_, withinSeconds) => {
    const { sessions, stored } = openShop()
    const id = await stored((session) => {
      session.setUserId('ada')
      session.markAuthenticated()
    })
    const isFresh = asked(sessions, id, (session) => call(session, 'isFresh', { withinSeconds }))
    expect(await isFresh.catch(() => false)).toBe(false)
  })
})
