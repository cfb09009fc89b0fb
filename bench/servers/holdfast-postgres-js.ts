import postgres from 'postgres'
import type { Candidate, CandidateOptions } from '../harness/candidate.ts'
import { lockedOver } from './holdfast-database.ts'
import { addressOf } from './store-address.ts'

/** Its pool has ten connections by default, as that of pg. */
export function start(options: CandidateOptions): Promise<Candidate> {
  const client = postgres(addressOf(options), { onnotice() {} })
  return lockedOver({ client, table: 'postgres_js' }, () => client.end())
}
