import { RedisStore } from 'connect-redis'
import { createClient } from 'redis'
import type { Candidate, CandidateOptions } from '../harness/candidate.ts'
import { expressSessionApp } from './express-session-app.ts'
import { addressOf } from './store-address.ts'

/** connect-redis with its defaults, and a client with its own. */
export async function start(options: CandidateOptions): Promise<Candidate> {
  const client = createClient({ url: addressOf(options) })
  await client.connect()
  return { ...expressSessionApp(new RedisStore({ client })), close: () => client.destroy() }
}
