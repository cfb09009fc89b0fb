import connectPgSimple from 'connect-pg-simple'
import session from 'express-session'
import { Pool } from 'pg'
import type { Candidate, CandidateOptions } from '../harness/candidate.ts'
import { expressSessionApp } from './express-session-app.ts'
import { addressOf } from './store-address.ts'

/** connect-pg-simple with its defaults, and a pool with its own: ten connections. */
export function start(options: CandidateOptions): Candidate {
  const PgStore = connectPgSimple(session)
  const pool = new Pool({ connectionString: addressOf(options) })
  return { ...expressSessionApp(new PgStore({ pool, createTableIfMissing: true })), close: () => pool.end() }
}
