import type { Candidate } from '../../harness/candidate.ts'
import { withoutSession } from './counter.ts'
import { h3Candidate } from './h3-app.ts'

export function start(): Candidate {
  return h3Candidate([], withoutSession)
}
