import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { SessionManager } from '../../src/manager/session-manager.ts'
import { turns } from './support/idle.ts'
import { idIn, visit } from './support/shop.ts'
import { fakeTime, noted, openWatchedShop } from './support/watching.ts'

beforeEach(fakeTime)
afterEach(() => void vi.useRealTimers())

/** Gives a session a new id that keeps the rights, and answers it. */
async function rotated(sessions: SessionManager, id: string): Promise<string> {
  const open = await visit(sessions, id)
  await open.session.regenerate()
  return idIn((await open.commit()).setCookie) ?? ''
}

describe('a session that is watched and gets a new id', () => {
  it('by itself is watched on, and its end is told, long after the grace', async () => {
    const shop = openWatchedShop({ lifetime: { rotateEverySeconds: 60, graceSeconds: 30 } })
    const id = await shop.stored()
    const watching = noted((await shop.sessions.start(id, { concurrency: 'readonly' })).watch())
    await shop.pass(61)
    const open = await visit(shop.sessions, id)
    const next = idIn((await open.commit()).setCookie) ?? ''
    expect(next).not.toBe(id)
    await shop.pass(300)
    expect(watching.reason).toBeUndefined()
    await shop.another().run(next, (session) => session.destroy())
    await shop.pass(15)
    expect(watching.reason).toBe('revoked')
  })

  it('in another process is followed past the grace, where the look came late', async () => {
    const shop = openWatchedShop({ lifetime: { graceSeconds: 1 } })
    const id = await shop.stored()
    const watching = noted((await shop.sessions.start(id, { concurrency: 'readonly' })).watch({ everySeconds: 40 }))
    const next = await rotated(shop.another(), id)
    await shop.pass(80)
    expect(watching.reason).toBeUndefined()
    shop.driver.forget()
    await shop.pass(40)
    expect(shop.reads()).toBe(1)
    await shop.another().run(next, (session) => session.destroy())
    await shop.pass(40)
    expect(watching.reason).toBe('revoked')
  })

  it('by a login in another process has ended', async () => {
    const shop = openWatchedShop()
    const id = await shop.stored()
    const watching = noted((await shop.sessions.start(id, { concurrency: 'readonly' })).watch())
    await shop.another().run(id, (session) => session.regenerate({ destroy: true }))
    await shop.pass(14)
    expect(watching.reason).toBeUndefined()
    await shop.pass(1)
    expect(watching.reason).toBe('revoked')
  })

  it('and then, by a login, another one has ended too', async () => {
    const shop = openWatchedShop()
    const id = await shop.stored()
    const watching = noted((await shop.sessions.start(id, { concurrency: 'readonly' })).watch())
    const next = await rotated(shop.another(), id)
    await shop.another().run(next, (session) => session.regenerate({ destroy: true }))
    await shop.pass(15)
    expect(watching.reason).toBe('revoked')
  })

  it('very often between two looks is followed all the way, six reads a look at most', async () => {
    const shop = openWatchedShop({ lifetime: { graceSeconds: 30 } })
    const other = shop.another()
    let id = await shop.stored()
    const watching = noted((await shop.sessions.start(id, { concurrency: 'readonly' })).watch())
    for (let each = 0; each < 8; each++) id = await rotated(other, id)
    shop.driver.forget()
    await shop.pass(15)
    expect(shop.reads()).toBe(6)
    await shop.pass(15)
    expect(shop.reads()).toBe(9)
    await shop.pass(15)
    expect(shop.reads()).toBe(10)
    expect(watching.reason).toBeUndefined()
    await other.run(id, (session) => session.destroy())
    await shop.pass(15)
    expect(watching.reason).toBe('revoked')
  })

  it('is one session for those who came with the old id and those with the new', async () => {
    const shop = openWatchedShop()
    const id = await shop.stored()
    const early = noted((await shop.sessions.start(id, { concurrency: 'readonly' })).watch({ everySeconds: 10 }))
    const next = await rotated(shop.another(), id)
    const late = noted((await shop.sessions.start(next, { concurrency: 'readonly' })).watch({ everySeconds: 30 }))
    await shop.pass(10)
    shop.driver.forget()
    await shop.pass(60)
    expect(shop.reads()).toBe(6)
    await shop.sessions.run(next, (session) => session.destroy())
    await turns(3)
    expect([early.reason, late.reason]).toEqual(['revoked', 'revoked'])
  })

  it('leaves nothing behind under the id that it had', async () => {
    const shop = openWatchedShop()
    const id = await shop.stored()
    const leaving = new AbortController()
    noted((await shop.sessions.start(id, { concurrency: 'readonly' })).watch({ signal: leaving.signal }))
    const next = await rotated(shop.another(), id)
    await shop.pass(20)
    leaving.abort()
    shop.driver.forget()
    await shop.sessions.run(next, (session) => session.destroy())
    await turns(3)
    expect(shop.reads()).toBe(0)
  })

  it('can be left by all who watch it, under whichever id they came', async () => {
    const shop = openWatchedShop()
    const id = await shop.stored()
    const leaving = new AbortController()
    const early = noted((await shop.sessions.start(id, { concurrency: 'readonly' })).watch({ signal: leaving.signal }))
    const next = await rotated(shop.another(), id)
    const late = noted((await shop.sessions.start(next, { concurrency: 'readonly' })).watch({ signal: leaving.signal }))
    await shop.pass(20)
    leaving.abort()
    await shop.pass(1)
    expect([early.reason, late.reason]).toEqual(['stopped', 'stopped'])
    shop.driver.forget()
    await shop.sessions.run(next, (session) => session.destroy())
    await shop.pass(60)
    expect(shop.reads()).toBe(0)
    expect(vi.getTimerCount()).toBe(0)
  })
})
