import type { Candidate } from '../../harness/candidate.ts'
import { honoWith } from './hono-holdfast-app.ts'
import { inMemory } from './managers.ts'

export function start(): Candidate {
  return honoWith(inMemory())
}
