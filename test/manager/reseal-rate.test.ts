import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ResealProgress } from '../../src/contracts/events.ts'
import { openSealedShop } from '../support/sealed-shop.ts'
import type { SealedProcess, SealedShop } from '../support/sealed-shop.ts'
import { sealing } from '../support/sealed-rings.ts'

// Time passes when the test says so: what is counted is what was done by then.
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
afterEach(() => void vi.useRealTimers())

async function stale(count: number): Promise<SealedShop & SealedProcess> {
  const shop = openSealedShop()
  const { stored } = shop.processWith(sealing('old'))
  for (let each = 0; each < count; each++) await stored()
  return { ...shop, ...shop.processWith(sealing('activated')) }
}

/** How many sessions were looked at when so much time has passed, step by step. */
async function examinedAfter(progress: readonly ResealProgress[], steps: number, stepMs: number): Promise<number[]> {
  const counts: number[] = []
  for (let step = 0; step < steps; step++) {
    await vi.advanceTimersByTimeAsync(step === 0 ? 0 : stepMs)
    counts.push(progress.at(-1)?.examined ?? 0)
  }
  return counts
}

/** What chance makes of keys decides where a page ends: a page looks at no more than a quarter of a second's. */
describe('a reseal of so many sessions a second', () => {
  it('looks at no more than that, and at hardly less', async () => {
    const { sessions, progress } = await stale(400)
    const resealing = sessions.reseal({ rate: 100 })
    const counts = await examinedAfter(progress, 5, 1000)
    for (const [second, count] of counts.entries()) {
      expect(count).toBeLessThanOrEqual(100 * second + 25)
      expect(count).toBeGreaterThanOrEqual(Math.min(400, 100 * second))
    }
    expect(await resealing).toMatchObject({ examined: 400, resealed: 400 })
  })

  it('does 1000 when nobody says how many', async () => {
    const { sessions, progress } = await stale(500)
    const resealing = sessions.reseal()
    const counts = await examinedAfter(progress, 6, 100)
    for (const [tenth, count] of counts.entries()) {
      expect(count).toBeLessThanOrEqual(100 * tenth + 100)
      expect(count).toBeGreaterThanOrEqual(Math.min(500, 100 * tenth))
    }
    expect(await resealing).toMatchObject({ examined: 500 })
  })

  it('may be less than one', async () => {
    const { sessions, progress } = await stale(4)
    const resealing = sessions.reseal({ rate: 0.5 })
    expect(await examinedAfter(progress, 4, 2000)).toEqual([1, 2, 3, 4])
    expect(await resealing).toMatchObject({ examined: 4, resealed: 4 })
  })

  it('counts those that need nothing, too', async () => {
    const { sessions, progress } = await stale(60)
    const first = sessions.reseal({ rate: 1_000_000 })
    await vi.runAllTimersAsync()
    expect(await first).toMatchObject({ resealed: 60 })
    progress.length = 0
    const resealing = sessions.reseal({ rate: 20 })
    const counts = await examinedAfter(progress, 4, 1000)
    for (const [second, count] of counts.entries()) expect(count).toBeLessThanOrEqual(20 * second + 5)
    expect(await resealing).toMatchObject({ examined: 60, resealed: 0 })
  })

  it('does not rest where the store is the slower one', async () => {
    const { sessions, progress, driver } = await stale(40)
    for (let each = 0; each < 40; each++) {
      driver.beforeLists.push(() => new Promise((resolve) => setTimeout(resolve, 1000)))
    }
    const resealing = sessions.reseal({ rate: 20 })
    await vi.advanceTimersByTimeAsync(0)
    expect(driver.lists).toHaveLength(1)
    // Each second the store gives a page, and the next is asked for at once.
    for (let second = 1; second <= 5; second++) {
      await vi.advanceTimersByTimeAsync(1000)
      expect([progress.length, driver.lists.length]).toEqual([second, second + 1])
    }
    await vi.runAllTimersAsync()
    expect(await resealing).toMatchObject({ examined: 40 })
  })

  it('leaves no timer behind when it is stopped', async () => {
    const { sessions } = await stale(10)
    const stop = new AbortController()
    const before = vi.getTimerCount()
    const resealing = sessions.reseal({ rate: 4, signal: stop.signal })
    await vi.advanceTimersByTimeAsync(0)
    expect(vi.getTimerCount()).toBe(before + 1)
    stop.abort()
    await resealing
    expect(vi.getTimerCount()).toBe(before)
  })
})
