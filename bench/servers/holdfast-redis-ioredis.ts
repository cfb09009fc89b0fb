import { Redis } from 'ioredis'
import { RedisDriver } from '../../src/drivers/redis/redis-driver.ts'
import type { Candidate, CandidateOptions } from '../harness/candidate.ts'
import { holdfastApp } from './holdfast-app.ts'
import { closing } from './closing.ts'
import { addressOf } from './store-address.ts'

export function start(options: CandidateOptions): Candidate {
  const client = new Redis(addressOf(options), { enableAutoPipelining: true })
  return closing(holdfastApp(new RedisDriver({ client, prefix: 'ioredis-locked:' })), () => client.disconnect())
}
