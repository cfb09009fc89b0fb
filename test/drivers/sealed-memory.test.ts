import { MemoryDriver } from '../../src/drivers/memory.ts'
import { sealedSuite } from '../support/sealed-suite.ts'

sealedSuite('MemoryDriver', () => {
  const driver = new MemoryDriver()
  return {
    connect: () => driver,
    raw: async (key) =>
      new TextEncoder().encode(JSON.stringify(Object.entries((await driver.read(key)) ?? {}).filter(([name]) => name !== 'now'))),
    remove: () => undefined,
  }
})
