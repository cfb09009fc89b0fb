import { MemoryStore } from 'express-session'
import type { Candidate } from '../harness/candidate.ts'
import { expressSessionApp } from './express-session-app.ts'

export function start(): Candidate {
  return expressSessionApp(new MemoryStore())
}
