import { rmSync } from 'node:fs'
import { FileDriver } from '../../src/drivers/file/file-driver.ts'
import { ownersSuite } from '../support/owners-suite.ts'
import { makeFolder } from './file/support.ts'

ownersSuite('FileDriver', () => {
  const path = makeFolder()
  return {
    connect: () => new FileDriver({ path }),
    remove: () => rmSync(path, { recursive: true, force: true }),
  }
})
