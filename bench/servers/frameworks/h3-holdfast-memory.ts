import { session } from '../../../src/adapters/h3.ts'
import type { Candidate } from '../../harness/candidate.ts'
import { withHoldfast } from './counters.ts'
import { h3Candidate } from './h3-app.ts'
import { inMemory } from './managers.ts'
import { closing } from '../closing.ts'

export function start(): Candidate {
  const { manager, close } = inMemory()
  const { fill, read, write } = withHoldfast
  const candidate = h3Candidate([session(manager)], {
    fill: ({ context }) => fill(context.session),
    read: ({ context }) => read(context.session),
    write: ({ context }, count) => write(context.session, count),
  })
  return closing(candidate, close)
}
