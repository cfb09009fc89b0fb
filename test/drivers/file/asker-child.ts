// asker-child.ts FOLDER KEY: for each line of its input it asks once for a lease, and says what was answered and what the record holds.
import { createInterface } from 'node:readline'
import { keyFrom } from '../../../bench/file/support.ts'
import { FileDriver } from '../../../src/drivers/file/file-driver.ts'

const driver = new FileDriver({ path: process.argv[2] ?? '' })
await driver.open()
const key = keyFrom(process.argv[3])
for await (const line of createInterface({ input: process.stdin })) {
  const acquired = await driver.acquire(key, { token: line, leaseMs: 1000 })
  console.log(acquired.kind === 'held' ? `held ${acquired.record.payload}` : acquired.kind)
}
