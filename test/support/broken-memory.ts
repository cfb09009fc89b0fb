import type { MemoryDriver } from '../../src/drivers/memory.ts'
import { driverSuite, testClock } from '../../src/testing/index.ts'

export const LIMITS = { neverUnreadable: 'in memory', neverFails: 'in memory', alwaysOpens: 'in memory' }

/** The names of the tests of the driver suite that fail for a driver with a fault. */
export async function broken(Driver: typeof MemoryDriver): Promise<string[]> {
  const clock = testClock()
  const tests: [name: string, body: () => Promise<void>][] = []
  driverSuite((name, body) => tests.push([name, body]), {
    create: () => new Driver({ clock: clock.now }),
    advance: clock.advance,
    limits: LIMITS,
  })
  const failed: string[] = []
  for (const [name, body] of tests) {
    if (name.startsWith('no increment is lost')) continue // a broken lock would keep these busy for ever
    await body().catch(() => failed.push(name))
  }
  return failed
}
