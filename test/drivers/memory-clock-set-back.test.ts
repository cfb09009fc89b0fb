import { expect, it } from 'vitest'
import { keyFrom, newKey, recordWith } from '../../bench/file/support.ts'
import { MemoryDriver } from '../../src/drivers/memory.ts'

it('a lease that was given back after its end does not hold the session when the clock is set back', async () => {
  let now = 1_000_000
  const driver = new MemoryDriver({ clock: () => now })
  const key = keyFrom(newKey())
  await driver.insert(key, recordWith('text'))
  expect(await driver.acquire(key, { token: 'one', leaseMs: 500 })).toMatchObject({ kind: 'held' })
  now += 60_000
  expect(await driver.unlock({ key, token: 'one' })).toBe(false)
  now -= 60_000
  expect(await driver.acquire(key, { token: 'another', leaseMs: 500 })).toMatchObject({ kind: 'held' })
  expect(await driver.unlock({ key, token: 'one' })).toBe(false)
  expect(await driver.acquire(key, { token: 'a third', leaseMs: 500 })).toEqual({ kind: 'busy' })
})
