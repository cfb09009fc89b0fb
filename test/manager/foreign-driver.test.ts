import { describe, expect, it } from 'vitest'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import { codeOf, failureOf, openShop, visit } from './support/shop.ts'

const DOWN = new TypeError('fetch failed')

describe('a driver of somebody else that fails in its own words', () => {
  it('is told as one of ours when a session is destroyed, invalidated or reloaded', async () => {
    const shop = openShop()
    const id = await shop.stored()
    for (const act of ['destroy', 'invalidate', 'reload'] as const) {
      const open = await visit(shop.sessions, id)
      if (act === 'reload') shop.driver.failNext('read', DOWN)
      else shop.driver.failNext('destroy', DOWN, 3) // It is tried so often.
      const error = await failureOf(open.session[act]())
      expect(error, act).toMatchObject({ code: 'ERR_SESSION_DRIVER_FAILED', status: 503, cause: DOWN })
      await open.discard(error)
    }
    expect(await shop.peek(id)).toMatchObject({ n: 0 })
    await shop.idle()
  })

  it('is told as one of ours when its open throws at once, and the next request tries again', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const sessions = shop.another()
    throwAtOnce(shop.driver, 'open')
    expect(await codeOf(visit(sessions, id))).toBe('ERR_SESSION_DRIVER_FAILED')
    expect((await visit(sessions, id)).session.isNew).toBe(false)
    await sessions.close({ waitSeconds: 0 })
  })

  it('does not keep onStoreError: anonymous from answering when its open throws at once', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const sessions = shop.another({ onStoreError: 'anonymous' })
    throwAtOnce(shop.driver, 'open')
    const open = await visit(sessions, id)
    expect(open.session.isNew).toBe(true)
    expect(() => open.session.set('n', 1)).toThrow('its store cannot be reached')
    await open.commit()
  })
})

describe('a driver that bounds its answers itself and throws where it should reject', () => {
  it.each(['acquire', 'commit', 'unlock'] as const)('keeps no session locked by it: %s', async (method) => {
    const driver = new MemoryDriver({ acknowledged: true })
    const sessions = new SessionManager({ driver, lock: { waitSeconds: 0.5 } })
    const first = await sessions.start()
    first.set('n', 0)
    await first.save()
    throwAtOnce(driver, method)
    const failed = await sessions.start(first.id).catch(() => undefined)
    failed?.set('n', 1)
    if (method === 'unlock') await failed?.release()
    else await failed?.save().catch(() => undefined)
    await driver.close() // ends the leases that were not given back, as their time would
    const next = await sessions.start(first.id)
    expect(next.isNew).toBe(false)
    await next.release()
    await sessions.close({ waitSeconds: 0 })
  })
})

/** Makes the next call of a method throw, where others would reject. */
function throwAtOnce(driver: object, method: string): void {
  const real: unknown = Reflect.get(driver, method)
  Object.defineProperty(driver, method, {
    configurable: true,
    value: () => {
      Object.defineProperty(driver, method, { configurable: true, value: real })
      throw DOWN
    },
  })
}
