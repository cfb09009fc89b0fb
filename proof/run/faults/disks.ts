// What happens to the disk that sessions are written to.
import { spawnSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { serverUser } from '../../../test/support/sql-server.ts'
import { isGone } from '../../faults/process-table.ts'
import { makeWritable } from '../store.ts'
import { between, type HostFault, onDisks, overServers, type StoreFault } from './fault.ts'

/** What one file may grow to while the disk is full: less than any record, so that nothing new fits. */
const NO_ROOM = '0'

/**
 * The limit of the system on the size of files, which any user can set: each write to a file beyond it fails as on a full disk, with another code. The other processes have
 * room, so that what one leaves half done is met by others.
 */
export const fullDisk: HostFault = {
  scope: 'host',
  name: 'full-disk',
  what: 'an application process has no room left on the disk',
  fits: (store) => onDisks(store) && canLimit(),
  strike: async ({ process }, { random, leaseMs }) => {
    if (!limit(process.pid, NO_ROOM)) return false
    await sleep(between(50, leaseMs, random))
    if (!limit(process.pid, 'unlimited')) throw new Error(`the application process ${process.pid} would have no room for good`)
    return true
  },
}

export const readOnly: StoreFault = {
  scope: 'store',
  name: 'read-only',
  what: 'the folder of the store and all folders in it take no new files',
  // SQLite has its files open already, and writes them all the same.
  fits: ({ driver }) => driver === 'file',
  strike: async ({ folder = '' }, { random, leaseMs }) => {
    makeWritable(folder, false)
    await sleep(between(50, leaseMs, random))
    makeWritable(folder, true)
    return true
  },
}

/** What servers do then differs: some end themselves, some turn writes away, some wait. All are started again once there is room. */
export const serverFullDisk: StoreFault = {
  scope: 'store',
  name: 'store-full-disk',
  what: 'the store’s server has no room left on the disk, and is started again when it has',
  fits: (store) => overServers(store) && canLimit(),
  strike: async ({ server }, { random, leaseMs }) => {
    if (server === undefined) return false
    const limited = server.pids().filter((pid) => limit(pid, NO_ROOM))
    if (limited.length === 0) return false
    await sleep(between(50, leaseMs, random))
    // Also of those that were started meanwhile, by one that was limited. One that has ended needs none, and the server that is started again has none.
    const kept = [...new Set([...limited, ...server.pids()])].find((pid) => !limit(pid, 'unlimited') && !isGone(pid))
    if (kept !== undefined) throw new Error(`the process ${kept} of the server would have no room for good`)
    await server.restart()
    return true
  },
}

/**
 * The soft limit alone: the hard one could not be raised again. Only the user of a process may set it, and not every root another's: tried as who runs most
 * servers, and as who runs this. Answers whether it was set.
 */
function limit(pid: number, bytes: string): boolean {
  return [serverUser(), undefined].some(
    (user) => spawnSync('prlimit', ['--pid', String(pid), `--fsize=${bytes}:`], { ...user }).status === 0,
  )
}

function canLimit(): boolean {
  return spawnSync('prlimit', ['--version']).status === 0
}
