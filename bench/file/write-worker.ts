// node write-worker.ts FOLDER KEY BYTES: saves a record of so many bytes, again and again, until it is killed.
import { FileDriver } from '../../src/drivers/file/file-driver.ts'
import { payloadOf } from './reads.ts'
import { hold, keyFrom, recordWith } from './support.ts'

const [path = '', keyText, bytes] = process.argv.slice(2)
const key = keyFrom(keyText)
const driver = new FileDriver({ path })
await driver.open()

for (let writes = 1; ; writes++) {
  const { lease, record } = await hold(driver, key)
  // Now and then a short one, so that long and short texts follow one another.
  const length = writes % 7 === 0 ? 100 : Number(bytes)
  const { kind } = await driver.commit(lease, recordWith(payloadOf(record.version.counter + 1, length)), { leaseMs: 10_000 })
  if (kind !== 'written') throw new Error(`commit: ${kind}`)
  if (writes === 1) process.stdout.write('writing')
}
