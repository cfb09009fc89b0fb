import { startProcess } from '../../proof/faults/node-process.ts'
import { type DriverName, driverNames } from '../../proof/run/drivers.ts'
import type { Summary } from '../../proof/run/summary.ts'

export interface DriversRun {
  readonly seed: number
  /** Operations of each driver before the first fault. */
  readonly operations: number
  /** How often each fault of an application strikes. */
  readonly times: number
  readonly hosts: number
  readonly clients: number
  readonly log: (line: string) => void
}

/** Half an hour without a word is too long for any of them. */
const PATIENCE_MS = 1_800_000

/** Runs the proofs of all drivers at the same time, each in a process of its own: most of the time each waits for something. */
export function runDrivers(run: DriversRun): Promise<(readonly [DriverName, Summary])[]> {
  return Promise.all(driverNames.map(async (driver) => [driver, await runDriver(driver, run)] as const))
}

async function runDriver(driver: DriverName, { seed, operations, times, hosts, clients, log }: DriversRun): Promise<Summary> {
  const args = [seed, operations, times, hosts, clients].map(String)
  await using child = await startProcess(new URL('driver-process.ts', import.meta.url), [driver, ...args])
  for (;;) {
    const message = await child.next(PATIENCE_MS)
    if (isSummary(message)) return message.summary
    log(`${driver}: ${String(Reflect.get(Object(message), 'line'))}`)
  }
}

function isSummary(message: unknown): message is { readonly summary: Summary } {
  return typeof message === 'object' && message !== null && 'summary' in message
}
