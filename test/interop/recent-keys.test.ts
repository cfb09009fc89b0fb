import { describe, expect, it } from 'vitest'
import { RecentKeys } from '../../src/interop/recent-keys.ts'
import { hashAsStoreKey } from '../../src/session/id.ts'
import { randomHex } from '../../src/session/random.ts'

const HOUR = 3_600_000
const newKey = () => hashAsStoreKey(randomHex(32))

describe('the keys that were seen lately', () => {
  it('are known for an hour at least, and not for ever', () => {
    let now = 0
    const keys = new RecentKeys(() => now)
    const [early, late] = [newKey(), newKey()]
    keys.add(early)
    now = HOUR - 1
    keys.add(late)
    expect([keys.has(early), keys.has(late), keys.has(newKey())]).toEqual([true, true, false])
    now = 2 * HOUR - 2
    expect(keys.has(late)).toBe(true)
    now = 4 * HOUR
    expect([keys.has(early), keys.has(late)]).toEqual([false, false])
  })

  it('are forgotten when nobody came for long', () => {
    let now = 0
    const keys = new RecentKeys(() => now)
    const key = newKey()
    keys.add(key)
    now = 3 * HOUR
    expect(keys.has(key)).toBe(false)
  })

  it('are as many as there may be, the latest', () => {
    const keys = new RecentKeys(() => 0)
    const [first, last] = [newKey(), newKey()]
    keys.add(first)
    for (let n = 0; n < 200_000; n++) keys.add(newKey())
    keys.add(last)
    expect([keys.has(first), keys.has(last)]).toEqual([false, true])
  })
})
