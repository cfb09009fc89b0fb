// judge.ts OPTIONS: a run of the proof over the sources that stand beside it, and what its checks found, as JSON.
import { driverNamed } from '../run/drivers.ts'
import { runProof } from '../run/run.ts'
import { startStore } from '../run/store.ts'

/** A run that is to be judged. */
export interface Trial {
  readonly driver: string
  readonly faults: readonly string[] | undefined
  readonly seed: number
  readonly healthyMs: number
  readonly faultyMs: number
}

/** What came of it. */
export interface Judgement {
  readonly operations: number
  /** What was found, each with the check that found it. */
  readonly violations: readonly { readonly check: string; readonly what: string }[]
}

const CLIENTS = 16
const HOSTS = 4
const LEASE_SECONDS = 0.5

async function judged({ driver: name, faults, seed, healthyMs, faultyMs }: Trial): Promise<Judgement> {
  const driver = driverNamed(name)
  if (driver === undefined) throw new TypeError(`no driver is called ${name}`)
  const { history, report } = await runProof({
    store: () => startStore(driver),
    seed,
    clients: CLIENTS,
    hosts: HOSTS,
    leaseSeconds: LEASE_SECONDS,
    healthy: { ms: healthyMs },
    faults,
    faulty: { ms: faultyMs },
    log: () => {},
  })
  const violations = Object.entries(report.verdicts).flatMap(([check, verdict]) => verdict.violations.map(({ what }) => ({ check, what })))
  return { operations: history.length, violations }
}

if (import.meta.main) {
  const trial: Trial = JSON.parse(process.argv[2] ?? '')
  // Much that was found does not fit into the pipe at once. Then nobody waits for what its servers have left to do.
  process.stdout.write(JSON.stringify(await judged(trial)), () => process.exit())
}
