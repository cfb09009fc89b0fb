import { Pool } from 'pg'
import type { Candidate, CandidateOptions } from '../harness/candidate.ts'
import { PinnedDriver } from '../sql/pinned-driver.ts'
import { holdfastApp } from './holdfast-app.ts'
import { closing } from './closing.ts'
import { addressOf } from './store-address.ts'

export function start(options: CandidateOptions): Candidate {
  const pool = new Pool({ connectionString: addressOf(options) })
  return closing(holdfastApp(new PinnedDriver(pool)), () => pool.end())
}
