import { readFileSync, rmSync } from 'node:fs'
import { FileDriver } from '../../../src/drivers/file/file-driver.ts'
import { fileOf, makeFolder } from '../../drivers/file/support.ts'
import { storedTests } from './stored-tests.ts'

storedTests('files', () => {
  const path = makeFolder()
  return {
    connect: () => new FileDriver({ path }),
    raw: async (key) => readFileSync(fileOf(path, key)),
    remove: () => rmSync(path, { recursive: true, force: true }),
  }
})
