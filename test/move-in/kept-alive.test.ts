import { beforeEach, expect, it, onTestFinished, vi } from 'vitest'
import { KeptAlive } from '../../src/move-in/kept-alive.ts'
import { hashAsStoreKey } from '../../src/session/id.ts'
import type { StoreKey } from '../../src/session/id.ts'

const way = (n: number): StoreKey => hashAsStoreKey(n.toString(16).padStart(64, '0'))

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
  onTestFinished(() => void vi.useRealTimers())
})

it('an old store is told of use where nothing is known, and then once in a minute, whichever way the clock is set', () => {
  const kept = new KeptAlive()
  expect(kept.isDue(way(1))).toBe(true)
  kept.note(way(1))
  expect(kept.isDue(way(1))).toBe(false)
  vi.setSystemTime(Date.now() - 60_000)
  expect(kept.isDue(way(1))).toBe(true)
  kept.note(way(1))
  vi.setSystemTime(Date.now() + 60_000)
  expect(kept.isDue(way(1))).toBe(true)
})

it('moving in counts as told only where it was not told before', () => {
  const kept = new KeptAlive()
  kept.begin(way(1))
  vi.setSystemTime(Date.now() + 59_999)
  expect(kept.isDue(way(1))).toBe(false)
  kept.begin(way(1))
  vi.setSystemTime(Date.now() + 1)
  expect(kept.isDue(way(1))).toBe(true)
})

it('of 100,000 the one that was told longest ago is forgotten', () => {
  const kept = new KeptAlive()
  for (let n = 0; n < 100_000; n++) kept.note(way(n))
  kept.note(way(0))
  kept.note(way(100_000))
  expect([0, 1, 2, 100_000].map((n) => kept.isDue(way(n)))).toEqual([false, true, false, false])
})
