import type { Store } from '../store.ts'
import { fullDisk, readOnly, serverFullDisk } from './disks.ts'
import { failover } from './failovers.ts'
import type { Fault } from './fault.ts'
import { lineFaults } from './lines.ts'
import { clock, kill, stall, stop } from './processes.ts'
import { storeKill, storeRestart } from './stores.ts'

/** Everything that a proof can do to an application and its store. */
export const faults: readonly Fault[] = [
  kill,
  stop,
  stall,
  clock,
  ...lineFaults,
  storeKill,
  storeRestart,
  fullDisk,
  serverFullDisk,
  readOnly,
  failover,
]

/** Those that make sense over a store, of all or of those named. */
export function faultsFor(store: Store, names?: readonly string[]): Fault[] {
  return faults.filter((fault) => fault.fits(store) && (names === undefined || names.includes(fault.name)))
}
