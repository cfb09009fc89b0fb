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
  /** Drivers at the same time: most of the time each waits for something, but for the first operations, which keep a core busy. */
  readonly atOnce: number
  readonly log: (line: string) => void
}

/** Half an hour without a word is too long for any of them. */
const PATIENCE_MS = 1_800_000

/**
 * Runs the proofs of all drivers, each in a process of its own, and all of them to their ends, also when one of them fails.
 *
 * @throws {Error} The first that failed.
 */
export async function runDrivers(run: DriversRun): Promise<(readonly [DriverName, Summary])[]> {
  const summaries = new Map<DriverName, Summary>()
  const waiting = driverNames.values()
  const failed: unknown[] = []
  const lane = async (): Promise<void> => {
    for (const driver of waiting) {
      try {
        summaries.set(driver, await runDriver(driver, run))
      } catch (error) {
        run.log(`${driver}: ${String(error)}`)
        failed.push(error)
      }
    }
  }
  await Promise.all(Array.from({ length: run.atOnce }, lane))
  if (failed.length > 0) throw failed[0]
  return driverNames.flatMap((driver) => {
    const summary = summaries.get(driver)
    return summary === undefined ? [] : [[driver, summary] as const]
  })
}

async function runDriver(driver: DriverName, { seed, operations, times, hosts, clients, log }: DriversRun): Promise<Summary> {
  const args = [seed, operations, times, hosts, clients].map(String)
  await using child = await startProcess(new URL('driver-process.ts', import.meta.url), [driver, ...args])
  for (;;) {
    const message = await child.next(PATIENCE_MS)
    if (isSummary(message)) {
      log(`${driver}: ${JSON.stringify(message.summary)}`)
      return message.summary
    }
    log(`${driver}: ${String(Reflect.get(Object(message), 'line'))}`)
  }
}

function isSummary(message: unknown): message is { readonly summary: Summary } {
  return typeof message === 'object' && message !== null && 'summary' in message
}
