import { once } from 'node:events'
import { join } from 'node:path'
import connectSqlite3 from 'connect-sqlite3'
import session from 'express-session'
import sqlite3 from 'sqlite3'
import type { Candidate, CandidateOptions } from '../harness/candidate.ts'
import { expressSessionApp } from './express-session-app.ts'

/** connect-sqlite3 with WAL, which it calls `concurrentDb`. */
export async function start({ folder }: CandidateOptions): Promise<Candidate> {
  const db = new sqlite3.Database(join(folder, 'sessions.db'))
  await new Promise<void>((resolve, reject) => {
    db.exec('PRAGMA synchronous = NORMAL', (error) => (error === null ? resolve() : reject(error)))
  })
  const SqliteStore = connectSqlite3(session)
  const store = new SqliteStore({ db, concurrentDb: true })
  await once(store.client, 'connect')
  return { ...expressSessionApp(store), close: () => db.close() }
}
