import { fastifyCandidate } from './fastify-app.ts'
import type { Candidate } from '../../harness/candidate.ts'
import { withoutSession } from './counter.ts'

export function start(): Promise<Candidate> {
  return fastifyCandidate(async () => {}, withoutSession)
}
