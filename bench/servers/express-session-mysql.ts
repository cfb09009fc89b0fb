import mysqlSession from 'express-mysql-session'
import session from 'express-session'
import { createPool } from 'mysql2/promise'
import type { Candidate, CandidateOptions } from '../harness/candidate.ts'
import { expressSessionApp } from './express-session-app.ts'
import { addressOf } from './store-address.ts'

/** express-mysql-session with its defaults, and the pool that the others have too: its own would be of an older mysql2. */
export async function start(options: CandidateOptions): Promise<Candidate> {
  const MySqlStore = mysqlSession(session)
  const pool = createPool(addressOf(options))
  const store = new MySqlStore({ schema: { tableName: 'peer' } }, pool)
  await store.onReady()
  return { ...expressSessionApp(store), close: () => pool.end() }
}
