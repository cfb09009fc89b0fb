import type { Candidate } from '../../harness/candidate.ts'
import { withoutSession } from './counter.ts'
import { honoCandidate } from './hono-app.ts'

export function start(): Candidate {
  return honoCandidate([], withoutSession)
}
