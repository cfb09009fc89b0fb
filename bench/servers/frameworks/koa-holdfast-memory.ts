import type { Candidate } from '../../harness/candidate.ts'
import { koaWith } from './koa-holdfast-app.ts'
import { inMemory } from './managers.ts'

export function start(): Candidate {
  return koaWith(inMemory())
}
