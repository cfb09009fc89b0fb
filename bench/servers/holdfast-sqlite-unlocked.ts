import type { Candidate, CandidateOptions } from '../harness/candidate.ts'
import { unlockedOver } from './holdfast-database.ts'
import { openSqlite } from './holdfast-sqlite.ts'

export function start({ folder }: CandidateOptions): Promise<Candidate> {
  const client = openSqlite(folder, 'NORMAL')
  return unlockedOver({ client }, () => client.close())
}
