import { FileDriver } from '../../src/drivers/file/file-driver.ts'
import type { Candidate, CandidateOptions } from '../harness/candidate.ts'
import { holdfastApp } from './holdfast-app.ts'

export function start({ folder }: CandidateOptions): Candidate {
  return holdfastApp(new FileDriver({ path: folder }))
}
