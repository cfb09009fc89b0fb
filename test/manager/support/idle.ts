import { beforeEach, expect } from 'vitest'
import type { LockingDriver } from '../../../src/contracts/driver.ts'
import { LockQueue } from '../../../src/manager/lock-queue.ts'
import { Registry } from '../../../src/manager/registry.ts'
import type { StoreKey } from '../../../src/session/id.ts'

// What a manager keeps of its requests is private. Every queue and registry that a test uses is noted here.
const kept = new Set<{ readonly size: number }>()

noteUsers(LockQueue.prototype)
noteUsers(Registry.prototype)
beforeEach(forgetKept)

/** From now on only managers that are used from now on count. */
export function forgetKept(): void {
  kept.clear()
}

function noteUsers(prototype: LockQueue | Registry): void {
  const enter: unknown = Reflect.get(prototype, 'enter')
  if (typeof enter !== 'function') throw new TypeError('there is no method enter')
  Reflect.set(prototype, 'enter', function noteAndEnter(this: LockQueue | Registry, ...given: unknown[]): unknown {
    kept.add(this)
    return Reflect.apply(enter, this, given)
  })
}

const PROBE = 'a'.repeat(32)

/** How many sessions are held or waited for in all managers of the test. */
export function busyCount(): number {
  let count = 0
  for (const { size } of kept) count += size
  return count
}

/** Lets everything that is under way in this process come to its end, as far as it does so without a clock. */
export async function turns(count = 20): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** Checks that nobody holds or waits for a session any more, neither in this process nor in the store. */
export async function expectIdle(driver: LockingDriver, keys: Iterable<StoreKey>): Promise<void> {
  for (let turn = 0; turn < 100 && busyCount() > 0; turn++) await turns(1)
  expect(busyCount(), 'sessions held or waited for').toBe(0)
  await turns(2)
  const leased: StoreKey[] = []
  for (const key of keys) {
    const probe = await driver.acquire(key, { token: PROBE, leaseMs: 1000 })
    if (probe.kind === 'busy') leased.push(key)
    if (probe.kind === 'held') await driver.unlock({ key, token: PROBE })
  }
  expect(leased, 'keys that the store holds a lease for').toEqual([])
}
