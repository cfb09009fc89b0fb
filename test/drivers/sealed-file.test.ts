import { readFileSync, rmSync } from 'node:fs'
import { FileDriver } from '../../src/drivers/file/file-driver.ts'
import { sealedSuite } from '../support/sealed-suite.ts'
import { fileOf, makeFolder } from './file/support.ts'

sealedSuite('FileDriver', () => {
  const path = makeFolder()
  return {
    connect: () => new FileDriver({ path }),
    raw: async (key) => readFileSync(fileOf(path, key)),
    remove: () => rmSync(path, { recursive: true, force: true }),
  }
})
