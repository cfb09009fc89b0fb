import { describe, expect, it } from 'vitest'
import type { LockingDriver } from '../../src/contracts/driver.ts'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import { SessionError } from '../../src/session/errors.ts'
import { openSealedShop } from '../support/sealed-shop.ts'
import type { SealedShop } from '../support/sealed-shop.ts'
import { sealing } from '../support/sealed-rings.ts'
import { storeIsDown } from '../support/whole-spy.ts'
import { codeOf, failureOf, gate, keyOf } from './support/shop.ts'
import { turns } from './support/idle.ts'

type Texts = { readonly payload: string; readonly flash: string }

/** Gives a stored session other texts, as another process or program would have left them. */
async function leave(shop: SealedShop, id: string, texts: Partial<Texts>): Promise<void> {
  const record = await shop.recordOf(id)
  if (record === undefined) return expect.unreachable()
  const { payload, flash, version } = record
  const write = { payload, flash, ...texts, writeToken: 'w'.repeat(32) }
  expect(await shop.memory.rewrite(keyOf(id), write, version)).toMatchObject({ kind: 'written' })
}

describe('keyUsage()', () => {
  it('counts a session whose texts need two keys under both', async () => {
    const shop = openSealedShop()
    const { sessions, stored } = shop.processWith(sealing('activated'))
    const [both, half] = [await stored(), await stored()]
    await stored()
    await leave(shop, both, { flash: 'hf1.v1.AAAA' })
    await leave(shop, half, { flash: '{}' })
    const byKey = new Map([
      ['v2', 3],
      ['v1', 1],
    ])
    expect(await sessions.keyUsage()).toEqual({ examined: 3, byKey, unsealed: 1, unreadable: 0 })
  })

  it('counts keys that the ring has not, those of later formats and those of the PHP library, and opens nothing', async () => {
    const shop = openSealedShop()
    const { sessions, stored } = shop.processWith(sealing('old'))
    for (const text of ['hf1.x9.torn', 'hf12.later-key.AAAA', '{"iv":"a","value":"b","tag":"c","key_id":"php1"}']) {
      await leave(shop, await stored(), { payload: text, flash: text })
    }
    const byKey = new Map([
      ['later-key', 1],
      ['php1', 1],
      ['x9', 1],
    ])
    expect(await sessions.keyUsage()).toEqual({ examined: 3, byKey, unsealed: 0, unreadable: 0 })
  })

  it('goes through all pages, reads each session once, and changes nothing', async () => {
    const shop = openSealedShop()
    const { sessions, stored } = shop.processWith(sealing('old'))
    const ids: string[] = []
    for (let each = 0; each < 250; each++) ids.push(await stored())
    const before = await Promise.all(ids.map(shop.recordOf))
    expect(await sessions.keyUsage()).toEqual({ examined: 250, byKey: new Map([['v1', 250]]), unsealed: 0, unreadable: 0 })
    expect(shop.driver.lists.length).toBeGreaterThan(2)
    for (const { limit = 0 } of shop.driver.lists) expect(limit).toBeLessThanOrEqual(100)
    expect(shop.driver.methods).toHaveLength(250)
    expect(new Set(shop.driver.methods)).toEqual(new Set(['read']))
    expect(await Promise.all(ids.map(shop.recordOf))).toEqual(before)
  })

  it('counts what the driver cannot read, tells of it, and goes on', async () => {
    const shop = openSealedShop()
    const { sessions, stored, events } = shop.processWith(sealing('old'))
    for (let each = 0; each < 3; each++) await stored()
    const torn = SessionError.unreadable(keyOf(await stored()), 'its file is torn')
    shop.driver.failNext('read', torn)
    expect(await sessions.keyUsage()).toEqual({ examined: 4, byKey: new Map([['v1', 3]]), unsealed: 0, unreadable: 1 })
    expect(events).toEqual([expect.objectContaining({ kind: 'trouble', operation: 'read', cause: torn })])
  })

  it('fails when the store fails, and works when it is back', async () => {
    const shop = openSealedShop()
    const { sessions, stored } = shop.processWith(sealing('old'))
    await stored()
    shop.driver.failNext('read')
    expect(await failureOf(sessions.keyUsage())).toMatchObject({ code: 'ERR_SESSION_DRIVER_FAILED', status: 503 })
    shop.driver.beforeLists.push(storeIsDown)
    expect(await codeOf(sessions.keyUsage())).toBe('ERR_SESSION_DRIVER_FAILED')
    expect(await sessions.keyUsage()).toMatchObject({ examined: 1 })
  })

  it('opens the store when nobody has yet', async () => {
    const shop = openSealedShop()
    await shop.processWith(sealing('old')).stored()
    const { sessions } = shop.processWith(sealing('old'))
    shop.driver.failNext('open')
    expect(await codeOf(sessions.keyUsage())).toBe('ERR_SESSION_DRIVER_FAILED')
    expect(await sessions.keyUsage()).toMatchObject({ examined: 1 })
  })

  it('is refused where nothing seals, and where the driver does not list', async () => {
    const plain = openSealedShop().processWith(undefined)
    expect(await failureOf(plain.sessions.keyUsage())).toMatchObject({
      code: 'ERR_SESSION_CONFIG',
      message: expect.stringContaining("Option 'serializer'"),
    })
    const sessions = new SessionManager({ driver: without(new MemoryDriver(), 'list'), serializer: sealing('old') })
    expect(await failureOf(sessions.keyUsage())).toMatchObject({
      code: 'ERR_SESSION_CONFIG',
      message: expect.stringContaining("Option 'driver'"),
    })
  })

  it('needs no driver that rewrites, since it writes nothing', async () => {
    const memory = new MemoryDriver()
    const sessions = new SessionManager({ driver: without(memory, 'rewrite'), serializer: sealing('old') })
    await sessions.run(undefined, (session) => session.set('n', 1))
    expect(await sessions.keyUsage()).toEqual({ examined: 1, byKey: new Map([['v1', 1]]), unsealed: 0, unreadable: 0 })
  })

  it('is ended by close(), which waits for it', async () => {
    const shop = openSealedShop()
    const { sessions, stored } = shop.processWith(sealing('old'))
    for (let each = 0; each < 20; each++) await stored()
    const answer = gate()
    shop.driver.afterNext('read', () => answer.opened)
    const counting = failureOf(sessions.keyUsage())
    await turns(5)
    const closing = sessions.close()
    await turns(5)
    expect(shop.driver.methods).not.toContain('close')
    answer.open()
    expect(await counting).toMatchObject({ code: 'ERR_SESSION_DRIVER_FAILED' })
    await closing
    expect(shop.driver.methods.at(-1)).toBe('close')
    expect(await codeOf(sessions.keyUsage())).toBe('ERR_SESSION_DRIVER_FAILED')
  })
})

/** A driver that lacks a method, as one of somebody else's may. */
function without(memory: MemoryDriver, method: 'list' | 'rewrite'): LockingDriver {
  return new Proxy(memory, {
    has: (target, name) => name !== method && Reflect.has(target, name),
    get: (target, name) => {
      const value: unknown = name === method ? undefined : Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
