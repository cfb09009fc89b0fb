// Holdfast with its defaults: locked, with hashed ids. The cookie is not Secure, since the load speaks plain HTTP.
import { createClient } from 'redis'
import type { LockingDriver } from '../../../src/contracts/driver.ts'
import { MemoryDriver } from '../../../src/drivers/memory.ts'
import { RedisDriver } from '../../../src/drivers/redis/redis-driver.ts'
import { SessionManager } from '../../../src/index.ts'
import type { CandidateOptions } from '../../harness/candidate.ts'
import { closing } from '../closing.ts'
import { addressOf } from '../store-address.ts'

/** A manager, and how what it holds is given back. */
export interface OwnManager {
  readonly manager: SessionManager
  readonly close: () => Promise<void>
}

export function inMemory(): OwnManager {
  return over(new MemoryDriver({ acknowledged: true }))
}

export function inRedis(options: CandidateOptions): OwnManager {
  const client = createClient({ url: addressOf(options) })
  return closing(over(new RedisDriver({ client })), () => client.destroy())
}

function over(driver: LockingDriver): OwnManager {
  const manager = new SessionManager({ driver, cookie: { secure: false } })
  return { manager, close: () => manager.close({ waitSeconds: 1 }) }
}
