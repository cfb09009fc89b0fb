import type { Candidate } from '../../harness/candidate.ts'
import { fastifyWith } from './fastify-holdfast-app.ts'
import { inMemory } from './managers.ts'

export function start(): Promise<Candidate> {
  return fastifyWith(inMemory())
}
