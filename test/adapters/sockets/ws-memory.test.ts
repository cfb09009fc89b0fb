import { MemoryDriver } from '../../../src/drivers/memory.ts'
import { socketSuite } from './socket-suite.ts'

socketSuite('memory', () => {
  const driver = new MemoryDriver()
  return { connect: () => driver, raw: () => Promise.resolve(new Uint8Array()), remove: () => undefined }
})
