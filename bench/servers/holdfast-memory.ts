import { MemoryDriver } from '../../src/drivers/memory.ts'
import type { Candidate } from '../harness/candidate.ts'
import { holdfastApp } from './holdfast-app.ts'

export function start(): Candidate {
  return holdfastApp(new MemoryDriver({ acknowledged: true }))
}
