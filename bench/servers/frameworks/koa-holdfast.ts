import { session } from '../../../src/adapters/koa.ts'
import type { Candidate } from '../../harness/candidate.ts'
import { inMemory, withHoldfast } from './counter.ts'
import { koaCandidate } from './koa-app.ts'

export function start(): Candidate {
  const manager = inMemory()
  const { listener } = koaCandidate((app) => void app.use(session(manager)), withHoldfast)
  return { listener, close: () => manager.close({ waitSeconds: 1 }) }
}
