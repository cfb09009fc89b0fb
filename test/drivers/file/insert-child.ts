// node insert-child.ts FOLDER PAYLOAD KEY...: inserts under each key as soon as its input ends, and prints which ones it got.
import { text } from 'node:stream/consumers'
import { FileDriver } from '../../../src/drivers/file/file-driver.ts'
import { keyFrom, recordWith } from '../../../bench/file/support.ts'

const [path = '', payload = '', ...keys] = process.argv.slice(2)
const driver = new FileDriver({ path })
await driver.open()
console.log('ready')
await text(process.stdin)
for (const key of keys) if ((await driver.insert(keyFrom(key), recordWith(payload))) !== undefined) console.log(key)
