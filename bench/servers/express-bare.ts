import type { Candidate } from '../harness/candidate.ts'
import { counterApp } from './counter-app.ts'

/** The handlers without a session. */
export function start(): Candidate {
  return { listener: counterApp(undefined, { fill() {}, read: () => 0, write() {} }) }
}
