import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import { codeOf, gate, keyOf, openShop } from './support/shop.ts'
import type { Options, Shop } from './support/shop.ts'
import { SpyDriver } from './support/spy-driver.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] }))
afterEach(() => void vi.useRealTimers())

function collections({ driver }: Pick<Shop, 'driver'>): number {
  return driver.methods.filter((method) => method === 'gc').length
}

async function pass(seconds: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(seconds * 1000)
}

async function readyShop(options: Options = {}): Promise<Shop> {
  const shop = openShop(options)
  await shop.sessions.ready()
  return shop
}

describe('the collection of expired records', () => {
  it('happens by itself, every 300 seconds, and tells how many it removed', async () => {
    const shop = await readyShop()
    await shop.stored()
    const id = await shop.stored()
    shop.clock.advance(7_200_001)
    await pass(299)
    expect(collections(shop)).toBe(0)
    await pass(1)
    expect(collections(shop)).toBe(1)
    expect(shop.events).toEqual([{ kind: 'collected', key: undefined, removed: 2 }])
    expect(await shop.memory.read(keyOf(id))).toBeUndefined()
    await pass(300)
    expect(collections(shop)).toBe(2)
    expect(shop.events).toHaveLength(1)
  })

  it('does not begin before the store is open', async () => {
    const shop = openShop()
    await pass(1000)
    expect(collections(shop)).toBe(0)
  })

  it('can be switched off, and made by hand', async () => {
    const shop = await readyShop({ collectEverySeconds: 0 })
    await shop.stored()
    shop.clock.advance(7_200_001)
    await pass(1000)
    expect(collections(shop)).toBe(0)
    expect(await shop.sessions.collect()).toBe(1)
  })

  it('is not needed where the store expires records by itself', async () => {
    const driver = new SpyDriver(Object.assign(new MemoryDriver(), { expiresByItself: true }))
    const sessions = new SessionManager({ driver })
    await sessions.ready()
    await pass(1000)
    expect(collections({ driver })).toBe(0)
  })

  it('is never done twice at once', async () => {
    const shop = await readyShop({ collectEverySeconds: 10 })
    const ended = gate()
    shop.driver.beforeNext('gc', () => ended.opened)
    await pass(35)
    expect(collections(shop)).toBe(1)
    const joined = shop.sessions.collect()
    ended.open()
    expect(await joined).toBe(0)
    expect(collections(shop)).toBe(1)
    await pass(10)
    expect(collections(shop)).toBe(2)
  })

  it('that failed is told of, and tried again', async () => {
    const shop = await readyShop({ collectEverySeconds: 10 })
    shop.driver.failNext('gc', undefined, 2)
    await pass(10)
    expect(shop.events).toEqual([expect.objectContaining({ kind: 'trouble', operation: 'gc' })])
    expect(await codeOf(shop.sessions.collect())).toBe('ERR_SESSION_DRIVER_FAILED')
    await pass(10)
    expect(collections(shop)).toBe(3)
  })

  it('takes the pace that startCollector gives, and keeps it when the store is opened later', async () => {
    const shop = openShop()
    shop.sessions.startCollector({ everySeconds: 5 })
    await pass(5)
    expect(shop.driver.calls.map((call) => call.method)).toEqual(['open', 'gc'])
    await pass(5)
    expect(collections(shop)).toBe(2)
    shop.sessions.startCollector({ everySeconds: 50 })
    await pass(49)
    expect(collections(shop)).toBe(2)
    await pass(1)
    expect(collections(shop)).toBe(3)
  })

  it('ends with close, which waits for the one that runs and stops it after its batch', async () => {
    const shop = await readyShop({ collectEverySeconds: 10 })
    const ended = gate()
    let signal: AbortSignal | undefined
    shop.driver.beforeNext('gc', async ({ args }) => {
      signal = (args[0] as { signal: AbortSignal }).signal
      await ended.opened
    })
    await pass(10)
    const closing = shop.sessions.close()
    await pass(1)
    expect(signal?.aborted).toBe(true)
    expect(shop.driver.methods).toEqual(['gc'])
    ended.open()
    await closing
    await pass(1000)
    expect(shop.driver.methods).toEqual(['gc', 'close'])
  })

  it('leaves a session alone that is held, however long ago it expired', async () => {
    const shop = await readyShop({ lifetime: { idleSeconds: 5 } })
    const id = await shop.stored()
    const session = await shop.sessions.start(id)
    shop.clock.advance(6000)
    expect(await shop.sessions.collect()).toBe(0)
    session.set('n', 1)
    await session.save()
    expect(await shop.peek(id)).toMatchObject({ n: 1 })
  })
})
