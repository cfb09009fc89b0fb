import { session } from '../../../src/adapters/fastify.ts'
import type { Candidate } from '../../harness/candidate.ts'
import { withHoldfast } from './counters.ts'
import { fastifyCandidate } from './fastify-app.ts'
import { closing } from '../closing.ts'
import type { OwnManager } from './managers.ts'

export async function fastifyWith({ manager, close }: OwnManager): Promise<Candidate> {
  const candidate = await fastifyCandidate(async (app) => {
    await app.register(session(manager))
  }, withHoldfast)
  return closing(candidate, close)
}
