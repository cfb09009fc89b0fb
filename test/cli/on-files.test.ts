import { join } from 'node:path'
import { FileDriver } from '../../src/drivers/file/file-driver.ts'
import { commandSuite } from './suite.ts'

commandSuite('files', (folder) => {
  const path = join(folder, 'sessions')
  return { config: { driver: 'file', file: { path } }, connect: () => new FileDriver({ path }) }
})
