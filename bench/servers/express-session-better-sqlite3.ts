import sqliteStore from 'better-sqlite3-session-store'
import session from 'express-session'
import type { Candidate, CandidateOptions } from '../harness/candidate.ts'
import { expressSessionApp } from './express-session-app.ts'
import { openBetterSqlite3 } from './holdfast-better-sqlite3.ts'

/** better-sqlite3-session-store with its defaults. */
export function start({ folder }: CandidateOptions): Candidate {
  const client = openBetterSqlite3(folder)
  const SqliteStore = sqliteStore(session)
  const close = (): void => {
    client.close()
  }
  return { ...expressSessionApp(new SqliteStore({ client })), close }
}
