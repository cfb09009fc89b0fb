import { session } from '../../../src/adapters/hono.ts'
import type { Candidate } from '../../harness/candidate.ts'
import { inMemory, withHoldfast } from './counter.ts'
import { honoCandidate } from './hono-app.ts'

export function start(): Candidate {
  const manager = inMemory()
  const { listener } = honoCandidate([session(manager)], withHoldfast)
  return { listener, close: () => manager.close({ waitSeconds: 1 }) }
}
