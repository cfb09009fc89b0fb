// open-child.ts FOLDER [alone]: opens a driver and says which kind of lock its folder is used with.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { FileDriver } from '../../../src/drivers/file/file-driver.ts'

const [path = '', how] = process.argv.slice(2)
const driver = new FileDriver({ path, singleProcess: how === 'alone' })
await driver.open()
console.log(JSON.parse(readFileSync(join(path, 'holdfast.json'), 'utf8')).lock)
await driver.close()
