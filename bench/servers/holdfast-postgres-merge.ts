import { Pool } from 'pg'
import type { Candidate, CandidateOptions } from '../harness/candidate.ts'
import { mergingOver } from './holdfast-database.ts'
import { addressOf } from './store-address.ts'

export function start(options: CandidateOptions): Promise<Candidate> {
  const client = new Pool({ connectionString: addressOf(options) })
  return mergingOver({ client, table: 'merge_sessions' }, () => client.end())
}
