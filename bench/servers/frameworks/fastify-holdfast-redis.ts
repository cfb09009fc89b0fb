import type { Candidate, CandidateOptions } from '../../harness/candidate.ts'
import { fastifyWith } from './fastify-holdfast-app.ts'
import { inRedis } from './managers.ts'

export function start(options: CandidateOptions): Promise<Candidate> {
  return fastifyWith(inRedis(options))
}
