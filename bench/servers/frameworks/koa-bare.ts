import type { Candidate } from '../../harness/candidate.ts'
import { withoutSession } from './counter.ts'
import { koaCandidate } from './koa-app.ts'

export function start(): Candidate {
  return koaCandidate(() => {}, withoutSession)
}
