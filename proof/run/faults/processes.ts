// What happens to an application process itself.
import { setTimeout as sleep } from 'node:timers/promises'
import { between, everywhere, type HostFault } from './fault.ts'

const LONGEST_STEP_MS = 60_000

/** SIGKILL in the midst of requests. In memory, where the sessions go with the process, there is nothing to be proven by it. */
export const kill: HostFault = {
  scope: 'host',
  name: 'kill',
  what: 'SIGKILL of an application process, which is then started again',
  fits: ({ driver }) => driver !== 'memory',
  strike: async (host) => {
    await host.kill()
    await host.begin()
    return true
  },
}

export const stop: HostFault = {
  scope: 'host',
  name: 'stop',
  what: 'SIGSTOP of an application process until after its leases have ended',
  fits: everywhere,
  strike: async ({ process }, { random, leaseMs }) => {
    await process.pause()
    await sleep(between(1.1 * leaseMs, 1.6 * leaseMs, random))
    process.resume()
    return true
  },
}

export const stall: HostFault = {
  scope: 'host',
  name: 'stall',
  what: 'the event loop of an application process stands still until after its leases have ended',
  fits: everywhere,
  strike: async (host, { random, leaseMs }) => {
    await host.order({ kind: 'stall', ms: between(1.1 * leaseMs, 1.6 * leaseMs, random) })
    return true
  },
}

/** Servers go by their own clocks, which nobody can set from here. */
export const clock: HostFault = {
  scope: 'host',
  name: 'clock',
  what: 'the clock of an application process jumps, forwards or back, by up to a minute',
  fits: ({ driver }) => driver === 'memory' || driver === 'file',
  strike: async (host, { random }) => {
    await host.order({ kind: 'clock', aheadMs: between(-LONGEST_STEP_MS, LONGEST_STEP_MS, random) })
    return true
  },
}
