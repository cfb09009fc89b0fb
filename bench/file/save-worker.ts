// node save-worker.ts FOLDER: for each line "KEY NEW_KEY SPINS KIND" of its input it takes the lease, says so, and saves a little later.
import { createInterface } from 'node:readline'
import { FileDriver } from '../../src/drivers/file/file-driver.ts'
import { spin } from './logouts.ts'
import { hold, keyFrom, newMarker, recordWith } from './support.ts'

const driver = new FileDriver({ path: process.argv[2] ?? '' })
await driver.open()

for await (const line of createInterface({ input: process.stdin })) {
  const [keyText, newKeyText, spins, kind] = line.split(' ')
  const { lease } = await hold(driver, keyFrom(keyText))
  process.stdout.write('held\n')
  // What it says must be on its way before the loop is kept busy.
  await new Promise((resolve) => setImmediate(resolve))
  spin(Number(spins))
  const record = recordWith('saved')
  const saved =
    kind === 'save'
      ? await driver.commit(lease, record, { leaseMs: 10_000 })
      : await driver.replace(lease, keyFrom(newKeyText), record, newMarker(), { leaseMs: 10_000 })
  process.stdout.write(`${saved.kind}\n`)
}
