// increment-worker.ts LIBRARY ADDRESS ID NAME INCREMENTS AT_ONCE: raises the session's counts, some requests at once, then tells what was acknowledged.
import { tellParent } from '../../proof/faults/parent.ts'
import { libraryNamed } from './drivers.ts'
import type { CountData, WorkerReport } from './increments.ts'
import { startManager } from './manager.ts'

const [library, address = '', id = '', name = '', increments, atOnce] = process.argv.slice(2)
const { sessions, end } = await startManager<CountData>(libraryNamed(library), address)
let sent = 0
let acknowledged = 0

async function client(): Promise<void> {
  while (sent < Number(increments)) {
    sent += 1
    await sessions.run(id, async (session) => {
      const total = session.get('total') ?? 0
      // As a handler does: something else has its turn between read and write.
      await new Promise((resolve) => setImmediate(resolve))
      session.set('total', total + 1)
      session.set(`by.${name}`, (session.get(`by.${name}`) ?? 0) + 1)
    })
    acknowledged += 1
  }
}

await Promise.all(Array.from({ length: Number(atOnce) }, client))
await tellParent({ acknowledged } satisfies WorkerReport)
await end()
process.disconnect()
