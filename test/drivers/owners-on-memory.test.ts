import { MemoryDriver } from '../../src/drivers/memory.ts'
import { ownersSuite } from '../support/owners-suite.ts'

ownersSuite(
  'MemoryDriver',
  () => {
    const driver = new MemoryDriver()
    return { connect: () => driver, remove: () => undefined }
  },
  { moves: 300 },
)
