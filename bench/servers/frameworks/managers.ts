// Holdfast with its defaults: locked, with hashed ids. The cookie is not Secure, since the load speaks plain HTTP.
import { createClient } from 'redis'
import { MemoryDriver } from '../../../src/drivers/memory.ts'
import { RedisDriver } from '../../../src/drivers/redis/redis-driver.ts'
import { SessionManager } from '../../../src/index.ts'
import type { CandidateOptions } from '../../harness/candidate.ts'
import { addressOf } from '../store-address.ts'

/** A manager, and how what it holds is given back. */
export interface OwnManager {
  readonly manager: SessionManager
  readonly close: () => Promise<void>
}

export function inMemory(): OwnManager {
  const manager = new SessionManager({ driver: new MemoryDriver({ acknowledged: true }), cookie: { secure: false } })
  return { manager, close: () => manager.close({ waitSeconds: 1 }) }
}

export function inRedis(options: CandidateOptions): OwnManager {
  const client = createClient({ url: addressOf(options) })
  const manager = new SessionManager({ driver: new RedisDriver({ client }), cookie: { secure: false } })
  return {
    manager,
    close: async () => {
      await manager.close({ waitSeconds: 1 })
      client.destroy()
    },
  }
}
