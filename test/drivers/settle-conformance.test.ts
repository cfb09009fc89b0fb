import { describe, it } from 'vitest'
import { driverSuite, testClock } from '../../src/testing/index.ts'
import { ShakyDriver } from '../support/shaky-driver.ts'
import { ShakyStore } from '../support/shaky-store.ts'

describe('a driver made of the shared steps keeps the driver contract while nothing goes wrong', () => {
  const clock = testClock()
  const stores = new WeakMap<ShakyDriver, ShakyStore>()
  const over = (store: ShakyStore): ShakyDriver => {
    const driver = new ShakyDriver({ store })
    stores.set(driver, store)
    return driver
  }
  const storeOf = (driver: ShakyDriver): ShakyStore => stores.get(driver) ?? new ShakyStore(clock)
  driverSuite(it, {
    create: () => over(new ShakyStore(clock)),
    second: (driver) => over(storeOf(driver)),
    advance: clock.advance,
    corrupt: (driver, key) => {
      storeOf(driver).corrupted.add(key)
      return () => void storeOf(driver).corrupted.delete(key)
    },
    breakStore: (driver) => {
      storeOf(driver).isDown = true
      return () => {
        storeOf(driver).isDown = false
      }
    },
    createUnopenable: () => {
      const store = new ShakyStore(clock)
      store.isDown = true
      return new ShakyDriver({ store })
    },
  })
})
