import { createPool } from 'mysql2/promise'
import type { Candidate, CandidateOptions } from '../harness/candidate.ts'
import { lockedOver } from './holdfast-database.ts'
import { addressOf } from './store-address.ts'

/** In the SQL of MySQL, whose updates give nothing back: three statements. */
export function start(options: CandidateOptions): Promise<Candidate> {
  const client = createPool(addressOf(options))
  return lockedOver({ client, table: 'three', dialect: 'mysql' }, () => client.end())
}
