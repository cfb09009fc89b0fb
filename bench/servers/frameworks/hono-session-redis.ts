import type { Candidate, CandidateOptions } from '../../harness/candidate.ts'
import { honoSessionApp } from './hono-session-app.ts'
import { closing } from '../closing.ts'
import { textsIn } from './peer-redis.ts'

/** It awaits no write of its storage. */
export async function start(options: CandidateOptions): Promise<Candidate> {
  const { get, set, remove, end } = await textsIn(options, 'hono:')
  const storage = { get, set: (id: string, value: unknown) => void set(id, value), delete: (id: string) => void remove(id) }
  return closing(honoSessionApp(storage), end)
}
