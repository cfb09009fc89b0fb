import { createClient } from 'redis'
import { RedisDriver } from '../../src/drivers/redis/redis-driver.ts'
import { EncryptedSerializer } from '../../src/serializers/encrypted.ts'
import type { Candidate, CandidateOptions } from '../harness/candidate.ts'
import { keyTextFrom } from '../seal/support.ts'
import { holdfastApp } from './holdfast-app.ts'
import { closing } from './closing.ts'
import { addressOf } from './store-address.ts'

/** As `holdfast-redis`, with all that a session holds sealed. */
export function start(options: CandidateOptions): Candidate {
  const client = createClient({ url: addressOf(options) })
  const serializer = new EncryptedSerializer({ keys: { v1: keyTextFrom('express') } })
  return closing(holdfastApp(new RedisDriver({ client, prefix: 'sealed:' }), serializer), () => client.destroy())
}
