import type { Candidate, CandidateOptions } from '../harness/candidate.ts'
import { PlainDriver } from '../redis/plain-driver.ts'
import { holdfastUnlocked } from './holdfast-app.ts'
import { addressOf } from './store-address.ts'

export function start(options: CandidateOptions): Candidate {
  return holdfastUnlocked(new PlainDriver(addressOf(options), 'plain:'))
}
