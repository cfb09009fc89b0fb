import session from 'koa-session'
import type { Candidate } from '../../harness/candidate.ts'
import { SECRET } from './counter.ts'
import { withObject } from './counters.ts'
import { koaCandidate } from './koa-app.ts'

/** What koa-session asks of a store. */
interface KoaStore {
  readonly get: (key: string) => Promise<unknown>
  readonly set: (key: string, value: unknown) => Promise<void>
  readonly destroy: (key: string) => Promise<void>
}

/** koa-session with its defaults: it saves what changed. */
export function koaSessionApp(store: KoaStore): Candidate {
  return koaCandidate((app) => {
    app.keys = [SECRET]
    app.use(session({ store }, app))
  }, withObject)
}
