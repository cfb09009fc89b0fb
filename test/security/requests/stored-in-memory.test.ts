import { MemoryDriver } from '../../../src/drivers/memory.ts'
import { storedTests } from './stored-tests.ts'

storedTests('memory', () => {
  const driver = new MemoryDriver()
  return {
    connect: () => driver,
    raw: async (key) => new TextEncoder().encode(JSON.stringify(await driver.read(key))),
    remove: () => undefined,
  }
})
