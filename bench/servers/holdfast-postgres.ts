import { Pool } from 'pg'
import type { Candidate, CandidateOptions } from '../harness/candidate.ts'
import { lockedOver } from './holdfast-database.ts'
import { addressOf } from './store-address.ts'

export function start(options: CandidateOptions): Promise<Candidate> {
  const client = new Pool({ connectionString: addressOf(options) })
  return lockedOver({ client, table: 'locked' }, () => client.end())
}
