import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { turns } from './support/idle.ts'
import { gate, openShop, visit } from './support/shop.ts'
import type { Shop } from './support/shop.ts'

const lock = { leaseSeconds: 0.03, maxHoldSeconds: 60 }

/** Resolves when a method was called so many times since now. */
async function called(shop: Shop, method: string, times: number): Promise<void> {
  const before = shop.driver.calls.length
  while (shop.driver.calls.slice(before).filter((call) => call.method === method).length < times) {
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

describe('a lease while its session is open', () => {
  it('is renewed, so that no other gets in', async () => {
    const shop = openShop({ lock })
    const session = await shop.sessions.start(await shop.stored())
    for (let each = 0; each < 5; each++) {
      await called(shop, 'renew', 1)
      shop.clock.advance(25)
    }
    session.set('n', 1)
    await session.save()
    expect(await shop.peek(session.id)).toMatchObject({ n: 1 })
    await shop.idle()
  })

  it('is not renewed where a save in the middle has just done that', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] })
    onTestFinished(() => void vi.useRealTimers())
    const shop = openShop({ lock: { leaseSeconds: 6, maxHoldSeconds: 60 } })
    const session = await shop.sessions.start(await shop.stored())
    await vi.advanceTimersByTimeAsync(1500)
    session.set('n', 1)
    await session.save({ keepOpen: true })
    await vi.advanceTimersByTimeAsync(1500)
    expect(shop.driver.methods).toEqual(['acquire', 'commit'])
    await vi.advanceTimersByTimeAsync(1500)
    expect(shop.driver.methods).toEqual(['acquire', 'commit', 'renew'])
    await session.release()
    await shop.idle()
  })

  it('that was lost is told by the session’s signal', async () => {
    const shop = openShop({ lock })
    const session = await shop.sessions.start(await shop.stored())
    const lost = gate()
    session.signal.addEventListener('abort', () => lost.open())
    shop.clock.advance(31)
    await lost.opened
    expect(session.signal.reason).toMatchObject({ code: 'ERR_SESSION_LOCK_LOST' })
    session.set('n', 9)
    await expect(session.save()).rejects.toMatchObject({ code: 'ERR_SESSION_LOCK_LOST' })
    await shop.idle()
  })

  it('that was lost after a save in the middle is told of by it as well', async () => {
    const shop = openShop({ lock })
    const session = await shop.sessions.start(await shop.stored())
    session.set('n', 1)
    await session.save({ keepOpen: true })
    shop.clock.advance(31)
    await called(shop, 'renew', 1)
    await turns(3)
    expect(session.signal.aborted).toBe(true)
    await session.release()
    await shop.idle()
  })

  it('whose session was ended meanwhile is no failure of the store: the answer goes out, and nothing of it is stored', async () => {
    const shop = openShop({ lock })
    const id = await shop.stored((session) => session.setUserId('ada'))
    const open = await visit(shop.sessions, id)
    open.session.set('n', 9)
    const moving = await visit(shop.sessions, await shop.stored((session) => session.setUserId('ada')))
    await moving.session.regenerate()
    expect(await shop.memory.revokeUser('ada')).toBe(2)
    await called(shop, 'unlock', 2)
    expect([open.session.signal.aborted, moving.session.signal.aborted]).toEqual([true, true])
    expect(await open.commit()).toEqual({ setCookie: undefined })
    expect(await moving.commit()).toEqual({ setCookie: undefined })
    expect(shop.events.filter(({ kind }) => kind === 'refused')).toMatchObject([{ reason: 'gone' }, { reason: 'gone' }])
    expect((await shop.memory.list()).sessions).toEqual([])
    await shop.idle()
  })

  it('is told of also to whoever asks for the signal later', async () => {
    const shop = openShop({ lock })
    const session = await shop.sessions.start(await shop.stored())
    shop.clock.advance(31)
    await called(shop, 'unlock', 1)
    expect(session.signal.aborted).toBe(true)
    await session.release()
    await shop.idle()
  })

  it('of which a renewal failed is used on, but not handed on', async () => {
    const shop = openShop({ lock })
    const id = await shop.stored()
    const session = await shop.sessions.start(id)
    session.increment('n')
    const waiting = shop.sessions.start(id)
    shop.driver.failNext('renew')
    await called(shop, 'renew', 1)
    shop.driver.forget()
    await session.save()
    expect((await waiting).get('n')).toBe(1)
    expect(shop.driver.methods.filter((method) => method !== 'renew')).toEqual(['commit', 'acquire'])
    expect(shop.events).toContainEqual(expect.objectContaining({ kind: 'trouble', operation: 'renew' }))
    await (await waiting).release()
    await shop.idle()
  })

  it('that gets a new token while a renewal is under way is not taken for lost', async () => {
    const shop = openShop({ lock })
    const session = await shop.sessions.start(await shop.stored())
    const renewing = gate()
    const committed = gate()
    shop.driver.beforeNext('renew', async () => {
      renewing.open()
      await committed.opened
    })
    await renewing.opened
    session.set('n', 1)
    const renewed = gate()
    shop.driver.afterNext('renew', () => renewed.open())
    shop.driver.afterNext('commit', async () => {
      committed.open()
      await renewed.opened
      await new Promise((resolve) => setImmediate(resolve))
    })
    await session.save({ keepOpen: true })
    expect(session.signal.aborted).toBe(false)
    session.set('n', 2)
    await session.save()
    expect(await shop.peek(session.id)).toMatchObject({ n: 2 })
    await shop.idle()
  })

  it('that was given back while a renewal was under way is not taken for lost', async () => {
    const shop = openShop({ lock })
    const session = await shop.sessions.start(await shop.stored())
    const [renewing, saved, answered] = [gate(), gate(), gate()]
    shop.driver.beforeNext('renew', async () => {
      renewing.open()
      await saved.opened
    })
    shop.driver.afterNext('renew', () => answered.open())
    const { signal } = session
    await renewing.opened
    session.set('n', 1)
    await session.save()
    saved.open()
    await answered.opened
    await turns(3)
    expect(signal.aborted).toBe(false)
    await shop.idle()
  })

  it('is renewed no more once the session has ended', async () => {
    const shop = openShop({ lock })
    await shop.sessions.run(await shop.stored(), () => undefined)
    shop.driver.forget()
    const other = await shop.sessions.start(await shop.stored())
    await called(shop, 'renew', 2)
    expect(shop.driver.keys).toHaveLength(1)
    await other.release()
    await shop.idle()
  })
})
