import { getEventListeners } from 'node:events'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import type { Session } from '../../src/session/session.ts'
import { turns } from './support/idle.ts'
import { gate, keyOf } from './support/shop.ts'
import { fakeTime, noted, openWatchedShop } from './support/watching.ts'
import type { WatchedShop } from './support/watching.ts'

beforeEach(fakeTime)
afterEach(() => void vi.useRealTimers())

async function readonly(shop: WatchedShop, id: string): Promise<Session> {
  return await shop.sessions.start(id, { concurrency: 'readonly' })
}

describe('many who watch one session', () => {
  it('cost one read a look, and are all told', async () => {
    const shop = openWatchedShop()
    const id = await shop.stored()
    const watchings: ReturnType<typeof noted>[] = []
    for (let each = 0; each < 1000; each++) watchings.push(noted((await readonly(shop, id)).watch()))
    shop.driver.forget()
    await shop.pass(60)
    expect(shop.reads()).toBe(4)
    shop.driver.forget()
    await shop.another().run(id, (session) => session.destroy())
    shop.driver.forget()
    await shop.pass(15)
    expect(shop.reads()).toBe(1)
    expect(watchings.every(({ reason }) => reason === 'revoked')).toBe(true)
  })

  it('look at the pace of the most eager, as long as that one watches', async () => {
    const shop = openWatchedShop()
    const session = await readonly(shop, await shop.stored())
    const eager = new AbortController()
    noted(session.watch({ everySeconds: 60 }))
    noted(session.watch({ everySeconds: 10, signal: eager.signal }))
    noted(session.watch({ everySeconds: 30 }))
    shop.driver.forget()
    await shop.pass(60)
    expect(shop.reads()).toBe(6)
    eager.abort()
    await shop.pass(10)
    shop.driver.forget()
    await shop.pass(60)
    expect(shop.reads()).toBe(2)
  })

  it('are looked after however often others come and go', async () => {
    const shop = openWatchedShop()
    const session = await readonly(shop, await shop.stored())
    noted(session.watch({ everySeconds: 10 }))
    shop.driver.forget()
    for (let second = 0; second < 60; second++) {
      const leaving = new AbortController()
      noted(session.watch({ everySeconds: 5 + (second % 7), signal: leaving.signal }))
      await shop.pass(1)
      leaving.abort()
    }
    expect(shop.reads()).toBeGreaterThanOrEqual(6)
    expect(shop.reads()).toBeLessThanOrEqual(12)
  })

  it('never look twice at once: who joins during a look, and what ends meanwhile, waits for its end', async () => {
    const shop = openWatchedShop({ hashIds: false })
    const [id, other] = [await shop.stored(), await shop.stored()]
    const session = await readonly(shop, id)
    noted(session.watch())
    shop.driver.forget()
    const answer = gate()
    shop.driver.beforeNext('read', () => answer.opened)
    await shop.pass(15)
    noted(session.watch({ everySeconds: 2 }))
    await shop.pass(5)
    expect(shop.reads()).toBe(1)
    answer.open()
    await turns(3)
    expect(shop.reads()).toBe(1)
    await shop.pass(2)
    expect(shop.reads()).toBe(2)
    const second = gate()
    shop.driver.beforeNext('read', () => second.opened)
    await shop.pass(2)
    // Where keys are ids, an event does not say whose session ended.
    await shop.sessions.run(other, (ended) => ended.destroy())
    await turns(3)
    expect(shop.reads()).toBe(3)
    second.open()
    await turns(3)
    expect(shop.reads()).toBe(4)
  })

  it('leave it one by one: the others are told all the same', async () => {
    const shop = openWatchedShop()
    const id = await shop.stored()
    const session = await readonly(shop, id)
    const leaving = new AbortController()
    const [gone, there] = [noted(session.watch({ signal: leaving.signal })), noted(session.watch())]
    leaving.abort()
    await turns(1)
    expect([gone.reason, there.reason]).toEqual(['stopped', undefined])
    await shop.sessions.run(id, (other) => other.destroy())
    await turns(3)
    expect([gone.reason, there.reason]).toEqual(['stopped', 'revoked'])
  })
})

describe('watching stops', () => {
  it('when its signal aborts, and leaves nothing behind: no timer, no listener, no look', async () => {
    const shop = openWatchedShop()
    const id = await shop.stored()
    const session = await readonly(shop, id)
    const controller = new AbortController()
    const watching = noted(session.watch({ signal: controller.signal }))
    await shop.pass(20)
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1)
    controller.abort()
    await shop.pass(1)
    expect(watching.reason).toBe('stopped')
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0)
    expect(vi.getTimerCount()).toBe(0)
    shop.driver.forget()
    await shop.sessions.run(id, (other) => other.destroy())
    await shop.pass(60)
    expect(shop.reads()).toBe(0)
  })

  it('leaving no listener on a signal that lives longer than the session', async () => {
    const shop = openWatchedShop()
    const id = await shop.stored()
    const { signal } = new AbortController()
    const session = await readonly(shop, id)
    const watching = noted(session.watch({ signal }))
    await shop.sessions.run(id, (other) => other.destroy())
    await shop.pass(1)
    expect(watching.reason).toBe('revoked')
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('at once with a signal that was aborted before', async () => {
    const shop = openWatchedShop()
    const session = await readonly(shop, await shop.stored())
    expect(await session.watch({ signal: AbortSignal.abort() })).toEqual({ reason: 'stopped' })
    await shop.pass(1)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('when the manager closes, and begins no more after that', async () => {
    const shop = openWatchedShop()
    const [first, second] = [await readonly(shop, await shop.stored()), await readonly(shop, await shop.stored())]
    const watchings = [noted(first.watch()), noted(second.watch()), noted(second.watch())]
    shop.driver.forget()
    await shop.sessions.close()
    await turns(1)
    expect(watchings.map(({ reason }) => reason)).toEqual(['stopped', 'stopped', 'stopped'])
    expect(await first.watch()).toEqual({ reason: 'stopped' })
    await shop.pass(60)
    expect(shop.driver.methods).toEqual(['close'])
  })

  it('in the midst of a look, and close waits for the look', async () => {
    const shop = openWatchedShop()
    const watching = noted((await readonly(shop, await shop.stored())).watch())
    const answer = gate()
    shop.driver.forget()
    shop.driver.beforeNext('read', () => answer.opened)
    await shop.pass(15)
    const closing = shop.sessions.close()
    await turns(3)
    expect(watching.reason).toBe('stopped')
    expect(shop.driver.methods).toEqual(['read'])
    answer.open()
    await closing
    expect(shop.driver.methods).toEqual(['read', 'close'])
  })
})

describe('what this manager ends is looked at at once', () => {
  async function watchedUsers() {
    const memory = new MemoryDriver()
    const sessions = new SessionManager({ driver: memory, collectEverySeconds: 0 })
    const stored = async (userId?: number): Promise<{ readonly session: Session; readonly watching: ReturnType<typeof noted> }> => {
      const session = await sessions.start()
      session.set('n', 0)
      if (userId !== undefined) session.setUserId(userId)
      await session.save()
      return { session, watching: noted(session.watch()) }
    }
    const users = [await stored(1), await stored(1), await stored(2), await stored()] as const
    const reads = vi.spyOn(memory, 'read')
    return { sessions, users, reads, reasons: () => users.map(({ watching }) => watching.reason) }
  }

  it('when it ends all sessions of a user, and only that user’s are read', async () => {
    const { sessions, users, reads, reasons } = await watchedUsers()
    await sessions.revokeUser(1)
    await turns(3)
    expect(reasons()).toEqual(['revoked', 'revoked', undefined, undefined])
    expect(new Set(reads.mock.calls.map(([key]) => key))).toEqual(new Set(users.slice(0, 2).map(({ session }) => keyOf(session.id))))
  })

  it('when it ends a session by its handle', async () => {
    const { sessions, users, reasons } = await watchedUsers()
    await sessions.revoke(users[2].session.handle ?? '')
    await turns(3)
    expect(reasons()).toEqual([undefined, undefined, 'revoked', undefined])
  })

  it('when it ends all others of a user', async () => {
    const { sessions, users, reasons } = await watchedUsers()
    await sessions.revokeOthers(users[1].session)
    await turns(3)
    expect(reasons()).toEqual(['revoked', undefined, undefined, undefined])
  })

  it('when it ends everybody’s', async () => {
    const { sessions, reasons } = await watchedUsers()
    await sessions.revokeAll()
    await turns(3)
    expect(reasons()).toEqual(['revoked', 'revoked', 'revoked', 'revoked'])
  })

  it('once more, where it ended while a look was under way that came too early', async () => {
    const shop = openWatchedShop()
    const id = await shop.stored()
    const watching = noted((await readonly(shop, id)).watch())
    const answer = gate()
    shop.driver.afterNext('read', () => answer.opened)
    await shop.pass(15)
    await shop.sessions.run(id, (session) => session.destroy())
    answer.open()
    await turns(5)
    expect(watching.reason).toBe('revoked')
  })

  it('at once, also when all who watched before have left', async () => {
    const shop = openWatchedShop()
    const [id, other] = [await shop.stored(), await shop.stored()]
    const leaving = new AbortController()
    noted((await readonly(shop, other)).watch({ signal: leaving.signal }))
    leaving.abort()
    const watching = noted((await readonly(shop, id)).watch())
    await shop.sessions.run(id, (session) => session.destroy())
    await turns(3)
    expect(watching.reason).toBe('revoked')
  })

  it('where somebody else is logged out, it is not read', async () => {
    const shop = openWatchedShop()
    const [id, other] = [await shop.stored(), await shop.stored()]
    noted((await readonly(shop, id)).watch())
    shop.driver.forget()
    await shop.sessions.run(other, (session) => session.destroy())
    await turns(3)
    expect(shop.reads()).toBe(0)
  })
})
