import { describe, expect, it } from 'vitest'
import type { Session } from '../../src/session/session.ts'
import { asked, nextId, visited } from '../support/visits.ts'
import { openShop } from './support/shop.ts'
import type { Shop } from './support/shop.ts'

/** What a page that demands two factors would say, and the level. */
const standing = (session: Session): unknown => [session.isFresh({ withinSeconds: 900, level: 2 }), session.level]
const FRESH = [true, 2]
const NOTHING = [false, 0]

async function loggedIn(userId: string | number = 'ada'): Promise<Shop & { readonly id: string }> {
  const shop = openShop()
  const id = await shop.stored((session) => {
    session.setUserId(userId)
    session.markAuthenticated({ level: 2 })
  })
  return { ...shop, id }
}

describe('NIST-5.1 c: how well one user proved who they are', () => {
  it('counts for nothing when the session is another’s', async () => {
    const { sessions, id } = await loggedIn()
    const { result } = await visited(sessions, id, (session) => {
      session.setUserId('eve')
      return standing(session)
    })
    expect([result, await asked(sessions, id, standing)]).toEqual([NOTHING, NOTHING])
  })

  it('stays when the same user is set once more, as a number or a text', async () => {
    const { sessions, id } = await loggedIn(7)
    for (const again of [7, '7']) {
      await visited(sessions, id, (session) => session.setUserId(again))
      expect(await asked(sessions, id, standing)).toEqual(FRESH)
    }
  })

  it('counts for nothing after a login under a new id', async () => {
    const { sessions, id } = await loggedIn()
    const next = await nextId(sessions, id, async (session) => {
      await session.regenerate({ destroy: true })
      session.setUserId('eve')
    })
    expect(await asked(sessions, next, ({ userId }) => userId)).toBe('eve')
    expect(await asked(sessions, next, standing)).toEqual(NOTHING)
  })

  it('counts for nothing when the change was saved in the midst of the request', async () => {
    const { sessions, id } = await loggedIn()
    const { result } = await visited(sessions, id, async (session) => {
      session.setUserId('eve')
      await session.save()
      return standing(session)
    })
    expect([result, await asked(sessions, id, standing)]).toEqual([NOTHING, NOTHING])
  })

  it.each([
    ['first the proof', true],
    ['first the user', false],
  ])('is the new user’s where the request that changed the user says so: %s', async (_, isProofFirst) => {
    const { sessions, id } = await loggedIn()
    const { result } = await visited(sessions, id, (session) => {
      if (isProofFirst) session.markAuthenticated({ level: 3 })
      session.setUserId('eve')
      if (!isProofFirst) session.markAuthenticated({ level: 3 })
      return [session.isFresh({ withinSeconds: 900, level: 3 }), session.level]
    })
    expect(result).toEqual([true, 3])
    expect(await asked(sessions, id, (session) => [session.userId, session.level])).toEqual(['eve', 3])
  })

  it.each([
    ['setUserId', (session: Session) => session.metadata.setUserId('eve')],
    ['set', (session: Session) => session.metadata.set('user_id', 'eve')],
  ])('counts for nothing when the user is changed through the metadata bag (%s)', async (_, change) => {
    const { sessions, id } = await loggedIn()
    const { result } = await visited(sessions, id, (session) => {
      change(session)
      return [session.userId, standing(session)]
    })
    expect(result).toEqual(['eve', NOTHING])
    expect(await asked(sessions, id, standing)).toEqual(NOTHING)
  })

  it('counts for nothing when everything in the metadata bag is dropped', async () => {
    const { sessions, id } = await loggedIn()
    await visited(sessions, id, (session) => {
      session.metadata.clear()
      session.setUserId('eve')
    })
    expect(await asked(sessions, id, standing)).toEqual(NOTHING)
  })

  it('is not left behind for the next by one who proved it and logged out in one request', async () => {
    const { sessions, id } = await loggedIn()
    const { result } = await visited(sessions, id, (session) => {
      session.markAuthenticated({ level: 2 })
      session.setUserId(null)
      return standing(session)
    })
    await visited(sessions, id, (session) => session.setUserId('eve'))
    expect([result, await asked(sessions, id, standing)]).toEqual([NOTHING, NOTHING])
  })

  it('is not left behind for the next where the user was not known yet', async () => {
    const { sessions, stored } = openShop()
    const id = await stored((session) => session.markAuthenticated({ level: 2 }))
    await visited(sessions, id, (session) => session.setUserId('eve'))
    expect(await asked(sessions, id, standing)).toEqual(NOTHING)
  })

  it('comes back with the user where the change was not stored', async () => {
    const { sessions, id } = await loggedIn()
    await visited(sessions, id, async (session) => {
      session.setUserId('eve')
      await session.reload()
      expect([session.userId, standing(session)]).toEqual(['ada', FRESH])
    })
    expect(await asked(sessions, id, standing)).toEqual(FRESH)
  })

  it('counts for nothing also where a page demands no level at all', async () => {
    const { sessions, id } = await loggedIn()
    await visited(sessions, id, (session) => session.setUserId('eve'))
    const isFresh = asked(sessions, id, (session) => session.isFresh({ withinSeconds: 900, level: 0 }))
    expect(await isFresh.catch(() => false)).toBe(false)
  })
})
