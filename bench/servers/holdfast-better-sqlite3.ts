import { join } from 'node:path'
import Database from 'better-sqlite3'
import type { Candidate, CandidateOptions } from '../harness/candidate.ts'
import { lockedOver } from './holdfast-database.ts'

export function start({ folder }: CandidateOptions): Promise<Candidate> {
  const client = openBetterSqlite3(folder)
  return lockedOver({ client }, () => client.close())
}

/** As its documentation advises for servers, and with the syncs that SQLite's advises with WAL. */
export function openBetterSqlite3(folder: string): Database.Database {
  const database = new Database(join(folder, 'sessions.db'))
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = NORMAL')
  return database
}
