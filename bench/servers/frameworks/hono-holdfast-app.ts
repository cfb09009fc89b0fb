import { session } from '../../../src/adapters/hono.ts'
import type { Candidate } from '../../harness/candidate.ts'
import { withHoldfast } from './counters.ts'
import { honoCandidate } from './hono-app.ts'
import { closing } from '../closing.ts'
import type { OwnManager } from './managers.ts'

export function honoWith({ manager, close }: OwnManager): Candidate {
  return closing(honoCandidate([session(manager)], withHoldfast), close)
}
