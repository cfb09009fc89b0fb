import type { LockingDriver } from '../../src/contracts/driver.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import { type Library, makeDriver } from './drivers.ts'
import type { NamedData } from './named.ts'
import { type Watch, watched } from './watched.ts'

export interface ManagerOptions {
  readonly leaseSeconds?: number
  readonly watch?: Watch
}

export interface Running<Data extends object = NamedData> {
  readonly sessions: SessionManager<Data>
  readonly driver: LockingDriver
  /** Closes it, and its client. */
  readonly end: () => Promise<void>
}

/** A manager as an application has it: all as by default but the time of a lease. */
export function managerOver<Data extends object = NamedData>(driver: LockingDriver, leaseSeconds?: number): SessionManager<Data> {
  return new SessionManager<Data>({ driver, ...(leaseSeconds === undefined ? {} : { lock: { leaseSeconds } }) })
}

/** One over a client of its own. It is connected. */
export async function startManager<Data extends object = NamedData>(
  library: Library,
  address: string,
  options: ManagerOptions = {},
): Promise<Running<Data>> {
  const { driver, end } = await makeDriver(library, address)
  const sessions = managerOver<Data>(options.watch === undefined ? driver : watched(driver, options.watch), options.leaseSeconds)
  await sessions.ready()
  return {
    sessions,
    driver,
    end: async () => {
      await sessions.close()
      await end()
    },
  }
}
