import { fullDisk, readOnly, serverFullDisk } from '../../proof/run/faults/disks.ts'
import type { Fault } from '../../proof/run/faults/fault.ts'
import { lineFaults } from '../../proof/run/faults/lines.ts'
import { clock, kill, stall, stop } from '../../proof/run/faults/processes.ts'
import { storeKill, storeRestart } from '../../proof/run/faults/stores.ts'
import { violationsIn, type Summary } from '../../proof/run/summary.ts'
import { runDrivers } from '../proof/drivers.ts'
import { CLIENT_PACKAGES as REDIS_PACKAGES } from '../redis/clients.ts'
import { CLIENT_PACKAGES as SQL_PACKAGES } from '../sql/clients.ts'
import { type Figure, type FigureRow, named } from './figure.ts'

const sizes = {
  full: { operations: 100_000, times: 500, hosts: 8, clients: 32, atOnce: 2 },
  small: { operations: 300, times: 2, hosts: 2, clients: 8, atOnce: 6 },
}

export const figure: Figure = {
  name: 'proof',
  title: 'Histories of real servers, processes and clients, with faults by name, checked against what was promised',
  peers: [...REDIS_PACKAGES, ...SQL_PACKAGES],
  async run(size, { seed, log }) {
    const counts: Record<string, number> = {}
    const rows: FigureRow[] = []
    for (const [driver, summary] of await runDrivers({ ...sizes[size], seed, log })) {
      const { healthyOperations, operations, failed, unknown, faults, violations, undecided } = summary
      Object.assign(
        counts,
        named(driver, { healthyOperations, operations, failed, unknown, undecided }),
        named(driver, faults),
        named(driver, violations),
      )
      rows.push(rowOf(summary))
    }
    return { counts, rows }
  },
}

function rowOf(summary: Summary): FigureRow {
  const { title, healthyOperations, operations, unknown, faults, undecided } = summary
  const struck = (...kinds: readonly Fault[]): number => kinds.reduce((sum, { name }) => sum + (faults[name] ?? 0), 0)
  const onLines = (line: string): number => struck(...lineFaults.filter(({ name }) => name.startsWith(`${line}-`)))
  return {
    store: title,
    'operations without faults': healthyOperations,
    'with faults': operations - healthyOperations,
    'of unknown outcome': unknown,
    SIGKILL: struck(kill),
    SIGSTOP: struck(stop),
    'event loop stalled': struck(stall),
    'clock stepped': struck(clock),
    'lines to clients broken': onLines('client'),
    'lines to the store broken': onLines('store'),
    'store restarted or killed': struck(storeKill, storeRestart),
    'disk full, folder read-only': struck(fullDisk, serverFullDisk, readOnly),
    'sessions undecided': undecided,
    violations: violationsIn(summary),
  }
}
