import { describe, it } from 'vitest'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { driverSuite, testClock } from '../../src/testing/index.ts'

describe('MemoryDriver keeps the driver contract', () => {
  const clock = testClock()
  driverSuite(it, {
    create: () => new MemoryDriver({ clock: clock.now }),
    advance: clock.advance,
    surveying: true,
    limits: {
      neverUnreadable: 'it keeps the records themselves, not texts that could be damaged',
      neverFails: 'there is no store behind it',
      alwaysOpens: 'it needs neither folder nor server',
    },
  })
})
