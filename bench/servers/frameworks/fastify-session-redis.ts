import { RedisStore } from 'connect-redis'
import type { Candidate, CandidateOptions } from '../../harness/candidate.ts'
import { fastifySessionApp } from './fastify-session-app.ts'
import { closing } from '../closing.ts'
import { connected } from './peer-redis.ts'

/** Over connect-redis with its defaults. */
export async function start(options: CandidateOptions): Promise<Candidate> {
  const client = await connected(options)
  return closing(await fastifySessionApp(new RedisStore({ client, prefix: 'fastify:' })), () => client.destroy())
}
