import type { Candidate, CandidateOptions } from '../../harness/candidate.ts'
import { koaSessionApp } from './koa-session-app.ts'
import { closing } from '../closing.ts'
import { textsIn } from './peer-redis.ts'

export async function start(options: CandidateOptions): Promise<Candidate> {
  const { get, set, remove, end } = await textsIn(options, 'koa:')
  return closing(koaSessionApp({ get, set, destroy: remove }), end)
}
