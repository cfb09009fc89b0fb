import { describe, expect, it } from 'vitest'
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
