import { vi } from 'vitest'
import type { TestClock } from '../../src/testing/test-clock.ts'

/** Lets time pass for the store and for this process alike, as it really does while a handler runs. Timers are not run. */
export function timePasses(clock: TestClock, ms: number): void {
  const steady = performance.now.bind(performance)
  clock.advance(ms)
  vi.spyOn(performance, 'now').mockImplementation(() => steady() + ms)
}
