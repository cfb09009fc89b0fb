import type { Candidate } from '../../harness/candidate.ts'
import { fastifySessionApp } from './fastify-session-app.ts'

export function start(): Promise<Candidate> {
  return fastifySessionApp()
}
