import { rmSync } from 'node:fs'
import { FileDriver } from '../../src/drivers/file/file-driver.ts'
import { mergeSuite } from '../support/merge-suite.ts'
import { makeFolder } from './file/support.ts'

mergeSuite('FileDriver', () => {
  const path = makeFolder()
  return {
    connect: () => new FileDriver({ path }),
    remove: () => rmSync(path, { recursive: true, force: true }),
  }
})
