import { session } from '../../../src/adapters/koa.ts'
import type { Candidate } from '../../harness/candidate.ts'
import { withHoldfast } from './counters.ts'
import { koaCandidate } from './koa-app.ts'
import { closing } from '../closing.ts'
import type { OwnManager } from './managers.ts'

export function koaWith({ manager, close }: OwnManager): Candidate {
  return closing(
    koaCandidate((app) => void app.use(session(manager)), withHoldfast),
    close,
  )
}
