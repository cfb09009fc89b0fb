import { violationsIn, type Summary } from '../../proof/run/summary.ts'
import { runDrivers } from '../proof/drivers.ts'
import { CLIENT_PACKAGES as REDIS_PACKAGES } from '../redis/clients.ts'
import { CLIENT_PACKAGES as SQL_PACKAGES } from '../sql/clients.ts'
import type { Figure, FigureRow } from './figure.ts'

const sizes = {
  full: { operations: 100_000, times: 500, hosts: 8, clients: 32 },
  small: { operations: 300, times: 2, hosts: 2, clients: 8 },
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
  const { kill = 0, stop = 0, stall = 0, clock = 0 } = faults
  const struck = (...names: string[]): number => names.reduce((sum, name) => sum + (faults[name] ?? 0), 0)
  const onLines = (line: string): number =>
    struck(...Object.keys(faults).filter((name) => name.startsWith(`${line}-`) && !storeFaults.includes(name)))
  return {
    store: title,
    'operations without faults': healthyOperations,
    'with faults': operations - healthyOperations,
    'of unknown outcome': unknown,
    SIGKILL: kill,
    SIGSTOP: stop,
    'event loop stalled': stall,
    'clock stepped': clock,
    'lines to clients broken': onLines('client'),
    'lines to the store broken': onLines('store'),
    'store restarted or killed': struck('store-kill', 'store-restart'),
    'disk full, folder read-only': struck('full-disk', 'store-full-disk', 'read-only'),
    'sessions undecided': undecided,
    violations: violationsIn(summary),
  }
}

const storeFaults = ['store-kill', 'store-restart', 'store-full-disk']

function named(driver: string, counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).map(([name, count]) => [`${driver}: ${name}`, count]))
}
