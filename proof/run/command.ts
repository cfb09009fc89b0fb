import { writeFileSync } from 'node:fs'
import { type ProofCommand, HELP, commandIn } from './command-line.ts'
import { timesOf } from './fault-crew.ts'
import { FORGETTING, brokenBy } from './forgetting.ts'
import { type Amounts, type ProofResult, runProof } from './run.ts'
import { startSentinelStore } from './sentinel-store.ts'
import { startStore } from './store.ts'
import { tableOf } from './table.ts'

export interface Terminal {
  readonly write: (text: string) => void
  /** Tells the one who waits how far it is. */
  readonly log: (line: string) => void
}

const HOSTS = 6
const LEASE_SECONDS = 0.5
const FAILOVER = 'failover'
const FAILOVERS = 10
/** Before the first failover. */
const OPERATIONS_BEFORE = 200
/** Of the time: what comes before the first fault, and what failovers get. */
const HEALTHY_SHARE = 0.2
const FAILOVER_SHARE = 0.3
const MINUTE_MS = 60_000

/** Runs a proof as the command line says. Gives the exit code: 1 when a promise was broken, or when the command line makes no sense. */
export async function proofCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  const { write, log } = terminal
  if (args.includes('--help')) {
    write(HELP)
    return 0
  }
  const command = commandIn(args)
  if (typeof command === 'string') {
    write(command)
    return 1
  }
  const { faults, seed, historyFile } = command
  const withFailovers = command.driver === 'redis' && (faults === undefined || faults.includes(FAILOVER))
  const withOthers = !withFailovers || faults === undefined || faults.some((name) => name !== FAILOVER)
  // Here as well: a run that throws does not come to its end.
  log(`seed ${seed}`)
  const results: ProofResult[] = []
  if (withOthers) results.push(await proveOthers(command, withFailovers ? 1 - FAILOVER_SHARE : 1, terminal))
  if (withFailovers) results.push(await proveFailovers(command, withOthers ? FAILOVER_SHARE : 1, terminal))
  if (historyFile !== undefined) writeHistory(historyFile, results)
  for (const result of results) write(tableOf(result))
  if (withFailovers) write(FORGETTING)
  write(`The same is planned again by: npm run proof -- ${replay(args, seed)}`)
  return results.some((result) => brokenBy(result) > 0) ? 1 : 0
}

function proveOthers(command: ProofCommand, share: number, { log }: Terminal): Promise<ProofResult> {
  const { driver, minutes, times, operations } = command
  const ms = share * minutes * MINUTE_MS
  const amounts: Amounts = {
    healthy: operations === undefined ? { ms: ms * HEALTHY_SHARE } : { operations },
    faulty: times === undefined ? { ms: ms * (1 - HEALTHY_SHARE) } : { times: timesOf(times) },
  }
  return runProof({ ...ofAll(command), ...amounts, store: () => startStore(driver), faults: command.faults, log })
}

function proveFailovers(command: ProofCommand, share: number, { log }: Terminal): Promise<ProofResult> {
  const { minutes, times } = command
  const amounts: Amounts = {
    healthy: { operations: OPERATIONS_BEFORE },
    faulty: times === undefined ? { ms: share * minutes * MINUTE_MS } : { times: () => FAILOVERS },
  }
  return runProof({ ...ofAll(command), ...amounts, store: startSentinelStore, faults: [FAILOVER], log })
}

function ofAll({ seed, clients }: ProofCommand) {
  return { seed, clients, hosts: HOSTS, leaseSeconds: LEASE_SECONDS } as const
}

function writeHistory(file: string, results: readonly ProofResult[]): void {
  const lines = results.flatMap(({ history }) => history.map((operation) => `${JSON.stringify(operation)}\n`))
  writeFileSync(file, lines.join(''))
}

function replay(args: readonly string[], seed: number): string {
  return args.some((arg) => arg.startsWith('--seed')) ? args.join(' ') : `${args.join(' ')} --seed ${seed}`
}
