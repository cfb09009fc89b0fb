import session from 'express-session'
import fileStore from 'session-file-store'
import type { Candidate, CandidateOptions } from '../harness/candidate.ts'
import { expressSessionApp } from './express-session-app.ts'

/** session-file-store with its defaults, but silent. */
export function start({ folder }: CandidateOptions): Candidate {
  const FileStore = fileStore(session)
  return expressSessionApp(new FileStore({ path: folder, logFn() {} }))
}
