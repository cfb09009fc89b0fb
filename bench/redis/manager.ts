import type { LockingDriver } from '../../src/contracts/driver.ts'
import { RedisDriver, type RedisDriverOptions } from '../../src/drivers/redis/redis-driver.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import { type Library, makeClient } from './clients.ts'
import type { NamedData } from './named.ts'
import { type Watch, watched } from './watched.ts'

/** Where a manager's client is connected to, and how it locks. */
export interface ManagerOptions {
  readonly leaseSeconds?: number
  readonly watch?: Watch
  readonly driver?: Omit<RedisDriverOptions, 'client'>
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
  port: number,
  options: ManagerOptions = {},
): Promise<Running<Data>> {
  const { client, end } = await makeClient(library, port)
  const driver = new RedisDriver({ client, ...options.driver })
  const sessions = managerOver<Data>(options.watch === undefined ? driver : watched(driver, options.watch), options.leaseSeconds)
  await sessions.ready()
  return {
    sessions,
    driver,
    end: async () => {
      await sessions.close()
      end()
    },
  }
}
