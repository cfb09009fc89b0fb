// driver-process.ts DRIVER SEED OPERATIONS TIMES HOSTS CLIENTS: the proof of one driver, beside those of the others. Tells its lines, and in the end its summary.
import { driverNamed } from '../../proof/run/drivers.ts'
import { runProof } from '../../proof/run/run.ts'
import { summaryOf } from '../../proof/run/summary.ts'
import { timesOf } from '../../proof/run/fault-crew.ts'
import { startStore } from '../../proof/run/store.ts'
import { tableOf } from '../../proof/run/table.ts'
import { tellParent } from '../../proof/faults/parent.ts'

const [driverText, ...numbers] = process.argv.slice(2)
const driver = driverNamed(driverText)
if (driver === undefined) throw new TypeError(`no driver is called ${driverText}`)
const [seed = 0, operations = 0, times = 0, hosts = 0, clients = 0] = numbers.map(Number)

const result = await runProof({
  store: () => startStore(driver),
  seed,
  clients,
  hosts,
  leaseSeconds: 0.5,
  healthy: { operations },
  faulty: { times: timesOf(times) },
  log: (line) => void tellParent({ line }),
})
if (!result.report.isClean) await tellParent({ line: tableOf(result) })
await tellParent({ summary: summaryOf(result) })
process.exit()
