// node increment-worker.ts FOLDER KEY NAME: raises the session's total and its own count, and says so with a byte, for ever.
import { writeSync } from 'node:fs'
import { FileDriver } from '../../src/drivers/file/file-driver.ts'
import { countsIn } from './increments.ts'
import { hold, keyFrom, recordWith } from './support.ts'

const [path = '', keyText, name = ''] = process.argv.slice(2)
const key = keyFrom(keyText)
const driver = new FileDriver({ path })
await driver.open()

for (;;) {
  const { lease, record } = await hold(driver, key)
  const counts = countsIn(record.payload)
  // As a handler does: something else has its turn between read and write.
  await new Promise((resolve) => setImmediate(resolve))
  const next = { total: counts.total + 1, by: { ...counts.by, [name]: (counts.by[name] ?? 0) + 1 } }
  const { kind } = await driver.commit(lease, recordWith(JSON.stringify(next)), { leaseMs: 10_000 })
  if (kind !== 'written') throw new Error(`commit: ${kind}`)
  acknowledge()
}

function acknowledge(): void {
  for (;;) {
    try {
      writeSync(1, '+')
      return
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error) || error.code !== 'EAGAIN') throw error
    }
  }
}
