import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Candidate, CandidateOptions } from '../harness/candidate.ts'
import { lockedOver } from './holdfast-database.ts'

export function start({ folder }: CandidateOptions): Promise<Candidate> {
  const client = openSqlite(folder, 'NORMAL')
  return lockedOver({ client }, () => client.close())
}

/** `NORMAL`: a crash of the machine may lose the last writes, and nothing else is lost. `FULL`: each write is synced. */
export function openSqlite(folder: string, synchronous: 'NORMAL' | 'FULL'): DatabaseSync {
  const database = new DatabaseSync(join(folder, 'sessions.db'))
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}`)
  return database
}
