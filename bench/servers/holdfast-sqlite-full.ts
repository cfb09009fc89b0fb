import type { Candidate, CandidateOptions } from '../harness/candidate.ts'
import { lockedOver } from './holdfast-database.ts'
import { openSqlite } from './holdfast-sqlite.ts'

export function start({ folder }: CandidateOptions): Promise<Candidate> {
  const client = openSqlite(folder, 'FULL')
  return lockedOver({ client }, () => client.close())
}
