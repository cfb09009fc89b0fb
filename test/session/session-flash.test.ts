import { describe, expect, it } from 'vitest'
import { openShop } from '../manager/support/shop.ts'
import type { Session } from '../../src/session/session.ts'

/** One visitor: each call is a request, and gives what the request saw under a key. */
async function visitor(): Promise<{
  request: (act?: (session: Session) => unknown, key?: string) => Promise<unknown>
  calls: () => string[]
}> {
  const shop = openShop()
  const id = await shop.stored()
  return {
    request: async (act = () => undefined, key = 'k') => {
      shop.driver.forget()
      return await shop.sessions.run(id, async (session) => {
        const seen = session.getFlash(key)
        await act(session)
        return seen
      })
    },
    calls: () => shop.driver.methods,
  }
}

describe('flash data over several requests', () => {
  it('S-110 S-115: is there in the next request, and then gone, read or not', async () => {
    const { request } = await visitor()
    await request((session) => session.flash('k', 1))
    expect(await request(undefined, 'another')).toBeUndefined()
    expect(await request()).toBeUndefined()
    await request((session) => session.flash('k', 2))
    expect(await request()).toBe(2)
    expect(await request()).toBeUndefined()
  })

  it('S-110 S-116: can be read in the same request, as often as one likes', async () => {
    const session = await openShop().sessions.start()
    session.flash('k', 1)
    expect([session.getFlash('k'), session.getFlash('k'), session.getFlash('none', 'default')]).toEqual([1, 1, 'default'])
  })

  it('S-112: reflash keeps everything one more request', async () => {
    const { request } = await visitor()
    await request((session) => session.flash('k', 1))
    expect(await request((session) => session.reflash())).toBe(1)
    expect(await request()).toBe(1)
    expect(await request()).toBeUndefined()
  })

  it('S-113: keep keeps what it names', async () => {
    const { request } = await visitor()
    await request((session) => {
      session.flash('k', 1)
      session.flash('other', 2)
    })
    expect(await request((session) => session.keep('k', 'unknown'))).toBe(1)
    expect(await request()).toBe(1)
    await request((session) => session.flash('other', 2))
    await request((session) => session.keep('k'))
    expect(await request(undefined, 'other')).toBeUndefined()
  })

  it('S-114 S-119 S-120: now is for this request only, unless it is kept', async () => {
    const { request } = await visitor()
    await request((session) => {
      session.now('k', 1)
      expect(session.getFlash('k')).toBe(1)
    })
    expect(await request()).toBeUndefined()
    await request((session) => {
      session.flash('k', 1)
      session.now('k', 2)
    })
    expect(await request()).toBeUndefined()
    await request((session) => {
      session.now('k', 3)
      session.keep('k')
    })
    expect(await request()).toBe(3)
  })

  it('S-127: a request that fails uses nothing up', async () => {
    const { request } = await visitor()
    await request((session) => session.flash('k', 1))
    await expect(
      request(() => {
        throw new Error('oops')
      }),
    ).rejects.toThrow('oops')
    expect(await request()).toBe(1)
  })

  it('a request that only keeps what was there writes nothing', async () => {
    const { request, calls } = await visitor()
    await request((session) => session.flash('k', 1))
    await request((session) => session.reflash())
    expect(calls()).toEqual(['acquire', 'unlock'])
    expect(await request()).toBe(1)
    expect(calls()).toEqual(['acquire', 'commit'])
  })

  it('a change in place of a value that is kept is stored', async () => {
    const { request } = await visitor()
    await request((session) => session.flash('k', { tries: 1 }))
    await request((session) => {
      ;(session.getFlash('k') as { tries: number }).tries += 1
      session.keep('k')
    })
    expect(await request()).toEqual({ tries: 2 })
  })

  it('a new visitor’s flash makes a session, one for this request only does not', async () => {
    const shop = openShop()
    const only = await shop.sessions.start()
    only.now('k', 1)
    await only.save()
    expect(shop.driver.methods).toEqual([])
    const flashed = await shop.sessions.start()
    flashed.flash('k', 1)
    await flashed.save()
    expect((await shop.sessions.start(flashed.id)).getFlash('k')).toBe(1)
  })

  it('save({ keepOpen: true }) in the middle does not age it twice', async () => {
    const { request } = await visitor()
    await request(async (session) => {
      session.flash('k', 1)
      await session.save({ keepOpen: true })
      session.set('n', 2)
      await session.save({ keepOpen: true })
      session.set('n', 3)
    })
    expect(await request()).toBe(1)
    expect(await request()).toBeUndefined()
  })

  it('that was kept is still for the next request after a save that had nothing to write, and a reload', async () => {
    const { request } = await visitor()
    await request((session) => session.flash('k', 1))
    await request(async (session) => {
      session.keep('k')
      await session.save({ keepOpen: true })
      await session.reload()
      session.flash('z', 2)
    })
    expect(await request()).toBe(1)
  })

  it('is still for the next request after save and reload', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const session = await shop.sessions.start(id)
    session.flash('k', 1)
    await session.save({ keepOpen: true })
    await session.reload()
    expect(session.isDirty).toBe(false)
    await session.save()
    const next = await shop.sessions.start(id)
    expect(next.getFlash('k')).toBe(1)
    await next.release()
    await shop.idle()
  })
})
