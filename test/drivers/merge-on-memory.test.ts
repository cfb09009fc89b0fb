import { MemoryDriver } from '../../src/drivers/memory.ts'
import { mergeSuite } from '../support/merge-suite.ts'

mergeSuite('MemoryDriver', () => {
  const driver = new MemoryDriver()
  return { connect: () => driver, remove: () => undefined }
})
