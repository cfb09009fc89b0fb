import { describe, expect, it } from 'vitest'
import { codeOf, idIn, openShop, visit } from './support/shop.ts'
import type { Session } from '../../src/session/session.ts'
import type { Options, Shop } from './support/shop.ts'

async function request(
  shop: Shop,
  id: string | undefined,
  act: (session: Session) => unknown = () => undefined,
): Promise<string | undefined> {
  const open = await visit(shop.sessions, id ?? [])
  await act(open.session)
  return idIn((await open.commit()).setCookie)
}

async function shopWithSession(options: Options = {}): Promise<Shop & { id: string }> {
  const shop = openShop(options)
  return { ...shop, id: await shop.stored() }
}

describe('when a response carries the cookie', () => {
  it('with a new session, once it is stored', async () => {
    const shop = openShop()
    let id = ''
    const sent = await request(shop, undefined, (session) => {
      session.set('n', 1)
      id = session.id
    })
    expect(sent).toBe(id)
    expect(await shop.peek(id)).toMatchObject({ n: 1 })
  })

  it('not with an ordinary request, changed or not', async () => {
    const shop = await shopWithSession()
    expect(await request(shop, shop.id)).toBeUndefined()
    expect(await request(shop, shop.id, (session) => session.increment('n'))).toBeUndefined()
  })

  it('not for an id that is unknown when nothing is kept, and with a new id when something is', async () => {
    const shop = openShop()
    const unknown = 'c'.repeat(40)
    expect(await request(shop, unknown)).toBeUndefined()
    const sent = await request(shop, unknown, (session) => session.set('n', 1))
    expect(sent).toMatch(/^[0-9a-f]{40}$/)
    expect(sent).not.toBe(unknown)
  })

  it('when the use is recorded, so that it lives as long as the session', async () => {
    const shop = await shopWithSession()
    shop.clock.advance(60_000)
    expect(await request(shop, shop.id)).toBe(shop.id)
    expect(await request(shop, shop.id)).toBeUndefined()
  })

  it('of a session that changes all the time, at least once in each touchEverySeconds', async () => {
    const shop = await shopWithSession()
    let sent = 0
    let longest = 0
    for (let seconds = 0, since = 0; seconds < 3600; seconds += 20) {
      shop.clock.advance(20_000)
      since += 20
      if ((await request(shop, shop.id, (session) => session.increment('n'))) !== undefined) {
        sent += 1
        since = 0
      }
      longest = Math.max(longest, since)
    }
    expect(longest).toBeLessThanOrEqual(60)
    expect(sent).toBe(60)
  })

  it('before the browser drops it, also where a mere use is recorded less often', async () => {
    for (const act of [() => undefined, (session: Session) => session.increment('n')]) {
      const shop = await shopWithSession({ lifetime: { idleSeconds: 30 * 86_400, touchEverySeconds: 86_400 } })
      let longest = 0
      for (let seconds = 0, since = 0; seconds < 86_400; seconds += 600) {
        shop.clock.advance(600_000)
        since += 600
        if ((await request(shop, shop.id, act)) !== undefined) since = 0
        longest = Math.max(longest, since)
      }
      expect(longest).toBeLessThan(7200)
    }
  })

  it('not to renew it, when it ends with the browser', async () => {
    const shop = await shopWithSession({ cookie: { lifetimeSeconds: 0 } })
    shop.clock.advance(60_000)
    expect(await request(shop, shop.id)).toBeUndefined()
    expect(await request(shop, shop.id, (session) => session.increment('n'))).toBeUndefined()
  })

  it('not when recording the use failed: the response goes out all the same', async () => {
    const shop = await shopWithSession()
    shop.clock.advance(60_000)
    shop.driver.failNext('commit')
    expect(await request(shop, shop.id)).toBeUndefined()
    await shop.idle()
  })

  it('with the new id after regenerate', async () => {
    const shop = await shopWithSession()
    const rotated = await request(shop, shop.id, (session) => session.regenerate())
    expect(await shop.peek(rotated ?? '')).toMatchObject({ n: 0 })
    const loggedIn = await request(shop, rotated, (session) => session.regenerate({ destroy: true }))
    expect(await shop.peek(loggedIn ?? '')).toMatchObject({ n: 0 })
    expect(new Set([shop.id, rotated, loggedIn]).size).toBe(3)
  })

  it('cleared after destroy and invalidate, with the new id when something is kept after invalidate', async () => {
    const shop = await shopWithSession()
    expect(await request(shop, shop.id, (session) => session.destroy())).toBe('cleared')
    expect(await request(shop, await shop.stored(), (session) => session.invalidate())).toBe('cleared')
    const sent = await request(shop, await shop.stored(), async (session) => {
      await session.invalidate()
      session.flash('status', 'Bye')
    })
    expect(await shop.peek(sent ?? '')).toBeDefined()
  })

  it('cleared after invalidate also where the session had asked for another lifetime', async () => {
    const shop = await shopWithSession()
    const ended = await request(shop, shop.id, async (session) => {
      session.setLifetime({ persistent: true })
      await session.invalidate()
    })
    const asked = await request(shop, await shop.stored(), async (session) => {
      await session.invalidate()
      session.setLifetime({})
    })
    expect([ended, asked]).toEqual(['cleared', 'cleared'])
  })

  it('neither sent nor cleared for a visitor who came without one, whatever is destroyed', async () => {
    const shop = openShop()
    expect(await request(shop, undefined, (session) => session.destroy())).toBeUndefined()
    expect(await request(shop, undefined, (session) => session.invalidate())).toBeUndefined()
    expect(
      await request(shop, undefined, async (session) => {
        session.set('n', 1)
        await session.save()
        await session.invalidate()
      }),
    ).toBeUndefined()
    expect(
      await request(shop, undefined, async (session) => {
        session.set('n', 1)
        await session.save()
        await session.destroy()
      }),
    ).toBeUndefined()
  })

  it('S-365: when the handler saved by itself', async () => {
    const shop = openShop()
    for (const keepOpen of [true, false]) {
      let id = ''
      const sent = await request(shop, undefined, async (session) => {
        session.set('n', 1)
        await session.save({ keepOpen })
        id = session.id
      })
      expect(sent).toBe(id)
    }
    await shop.idle()
  })

  it('S-366: on an error response too, when the handler had stored the session before it failed', async () => {
    const shop = openShop()
    const open = await visit(shop.sessions)
    open.session.set('n', 1)
    await open.session.save()
    const { id } = open.session
    open.session.set('n', 2)
    await open.session.regenerate()
    expect(idIn((await open.discard(new Error('oops'))).setCookie)).toBe(id)
    expect(await shop.peek(id)).toMatchObject({ n: 1 })
    await shop.idle()
  })

  it('with what was saved before a commit that failed', async () => {
    const shop = await shopWithSession()
    const open = await visit(shop.sessions, shop.id)
    await open.session.regenerate({ destroy: true })
    await open.session.save()
    const { id } = open.session
    open.session.set('n', 2)
    shop.driver.failNext('commit')
    expect(await codeOf(Promise.resolve(open.commit()))).toBe('ERR_SESSION_DRIVER_FAILED')
    expect(idIn((await open.discard(new Error('oops'))).setCookie)).toBe(id)
    expect(await shop.peek(id)).toMatchObject({ n: 0 })
    await shop.idle()
  })

  it.each(['exclusive', 'merge'] as const)(
    'not in %s, when a login has replaced the id since the handler saved and let others go on',
    async (concurrency) => {
      for (const keepOpen of concurrency === 'merge' ? [true, false] : [false]) {
        const shop = await shopWithSession()
        shop.clock.advance(60_000)
        const slow = await visit(shop.sessions, shop.id, { concurrency })
        slow.session.set('n', 1)
        await slow.session.save({ keepOpen })
        const loggedIn = await request(shop, shop.id, (session) => session.regenerate({ destroy: true }))
        expect(await slow.commit()).toEqual({ setCookie: undefined })
        expect(await shop.peek(loggedIn ?? '')).toMatchObject({ n: 1 })
        await shop.idle()
      }
    },
  )

  it('not with the id of a regeneration that was dropped', async () => {
    const shop = await shopWithSession()
    const open = await visit(shop.sessions, shop.id)
    await open.session.regenerate({ destroy: true })
    expect(await open.discard(new Error('oops'))).toEqual({ setCookie: undefined })
    const released = await visit(shop.sessions, shop.id)
    await released.session.regenerate()
    await released.session.release()
    expect(await released.commit()).toEqual({ setCookie: undefined })
    expect(await shop.peek(shop.id)).toMatchObject({ n: 0 })
    await shop.idle()
  })

  it('cleared on an error response too, when the session was ended before', async () => {
    const shop = await shopWithSession()
    const open = await visit(shop.sessions, shop.id)
    await open.session.destroy()
    expect(idIn((await open.discard(new Error('oops'))).setCookie)).toBe('cleared')
  })

  it('S-354: of several cookies the first that the store knows counts, and the browser is told which', async () => {
    const shop = await shopWithSession()
    const open = await visit(shop.sessions, ['d'.repeat(40), shop.id])
    expect(open.session.id).toBe(shop.id)
    expect(idIn((await open.commit()).setCookie)).toBe(shop.id)
    await shop.idle()
  })
})
