// node holder-child.ts FOLDER KEY: takes a lease and says so; for each line of its input it commits, and says what was answered.
import { createInterface } from 'node:readline'
import { FileDriver } from '../../../src/drivers/file/file-driver.ts'
import { hold, keyFrom, recordWith } from '../../../bench/file/support.ts'

const driver = new FileDriver({ path: process.argv[2] ?? '' })
await driver.open()
const { lease } = await hold(driver, keyFrom(process.argv[3]))
console.log('held')
for await (const payload of createInterface({ input: process.stdin })) {
  console.log((await driver.commit(lease, recordWith(payload), { leaseMs: 1 })).kind)
}
