import { createClient } from 'redis'
import { RedisDriver } from '../../src/drivers/redis/redis-driver.ts'
import type { Candidate, CandidateOptions } from '../harness/candidate.ts'
import { closing } from './closing.ts'
import { holdfastApp } from './holdfast-app.ts'
import { addressOf } from './store-address.ts'

export function start(options: CandidateOptions): Candidate {
  const client = createClient({ url: addressOf(options) })
  return closing(holdfastApp(new RedisDriver({ client, prefix: 'locked:' })), () => client.destroy())
}
