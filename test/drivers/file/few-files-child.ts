// node few-files-child.ts FOLDER: takes leases until no file can be opened any more, and says what happened, as JSON.
import type { Lease } from '../../../src/contracts/driver.ts'
import { FileDriver } from '../../../src/drivers/file/file-driver.ts'
import { isSessionError } from '../../../src/session/errors.ts'
import { newKey, recordWith } from '../../../bench/file/support.ts'

const driver = new FileDriver({ path: process.argv[2] ?? '' })
await driver.open()
const keys = Array.from({ length: 64 }, () => newKey())
for (const key of keys) await driver.insert(key, recordWith('x'))

const leases: Lease[] = []
for (const [index, key] of keys.entries()) {
  try {
    const acquired = await driver.acquire(key, { token: String(index), leaseMs: 1 })
    if (acquired.kind === 'held') leases.push(acquired.lease)
  } catch (error) {
    if (!isSessionError(error)) throw error
    const [first] = leases
    const commits = [
      first === undefined ? 'none' : (await driver.commit(first, recordWith('y'), { leaseMs: 1 })).kind,
      (await driver.acquire(key, { token: 'again', leaseMs: 1 })).kind,
    ]
    console.log(JSON.stringify({ held: leases.length, code: error.code, message: error.message, commits }))
    break
  }
}
