import { libraryNamed, makeDriver } from '../../bench/shared/drivers.ts'
import { FileDriver } from '../../src/drivers/file/file-driver.ts'
import { kernelLocks } from '../../src/drivers/file/kernel-lock.ts'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import type { DriverName, ProvenDriver } from './drivers.ts'

/** What a host calls the library where its address is that of sentinels. */
export const SENTINEL = 'sentinel'
/** Longer than most failovers take: what could not be sent to the old master comes late to the new one. */
const SENTINEL_SECONDS = 10
/** Connections of one application to a database. */
const CONNECTIONS = 4

/**
 * Makes the driver of an application. All that it needs of the disk is loaded then.
 *
 * @param address Of a server, a file, a folder; of sentinels with `library` their addresses.
 * @param clock The time that memory and files go by.
 */
export async function makeProvenDriver(name: DriverName, address: string, library: string, clock: () => number): Promise<ProvenDriver> {
  switch (name) {
    case 'memory':
      return { driver: new MemoryDriver({ acknowledged: true, maxEntries: 1_000_000, clock }), end: () => {} }
    case 'file':
      kernelLocks()
      return { driver: new FileDriver({ path: address, clock }), end: () => {} }
    default:
      if (library === SENTINEL) return await overSentinels(address)
      return await makeDriver(libraryNamed(library), address, CONNECTIONS)
  }
}

async function overSentinels(address: string): Promise<ProvenDriver> {
  const { makeSentinelClient } = await import('../../bench/redis/sentinel-clients.ts')
  const { MASTER_NAME } = await import('../../test/support/redis-sentinel.ts')
  const { RedisDriver } = await import('../../src/drivers/redis/redis-driver.ts')
  const { client, end } = await makeSentinelClient('node-redis', { name: MASTER_NAME, addresses: JSON.parse(address), map: asTold })
  return { driver: new RedisDriver({ client, commandTimeoutSeconds: SENTINEL_SECONDS }), end }
}

/** Where a server is that sentinels name: there. */
function asTold(address: string): { readonly host: string; readonly port: number } {
  const at = address.lastIndexOf(':')
  return { host: address.slice(0, at), port: Number(address.slice(at + 1)) }
}
