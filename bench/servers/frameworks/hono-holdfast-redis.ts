import type { Candidate, CandidateOptions } from '../../harness/candidate.ts'
import { honoWith } from './hono-holdfast-app.ts'
import { inRedis } from './managers.ts'

export function start(options: CandidateOptions): Candidate {
  return honoWith(inRedis(options))
}
