import type { Candidate, CandidateOptions } from '../../harness/candidate.ts'
import { koaWith } from './koa-holdfast-app.ts'
import { inRedis } from './managers.ts'

export function start(options: CandidateOptions): Candidate {
  return koaWith(inRedis(options))
}
