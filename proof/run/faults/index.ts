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

/**
 * Those that make sense over a store, of all or of those named.
 *
 * @throws {TypeError} When none of those named does.
 */
export function faultsFor(store: Store, names: readonly string[] = faults.map(({ name }) => name)): Fault[] {
  const chosen = faults.filter((fault) => fault.fits(store) && names.includes(fault.name))
  if (chosen.length === 0) throw new TypeError(`none of these faults makes sense over ${store.title}: ${names.join(', ')}`)
  return chosen
}
