import session from 'koa-session'
import type { Candidate } from '../../harness/candidate.ts'
import { SECRET, withObject } from './counter.ts'
import { koaCandidate } from './koa-app.ts'

/** koa-session with a store in memory, which keeps texts as express-session's does. */
export function start(): Candidate {
  const texts = new Map<string, string>()
  const store = {
    get: async (key: string) => JSON.parse(texts.get(key) ?? 'null'),
    set: async (key: string, value: unknown) => void texts.set(key, JSON.stringify(value)),
    destroy: async (key: string) => void texts.delete(key),
  }
  return koaCandidate((app) => {
    app.keys = [SECRET]
    app.use(session({ store }, app))
  }, withObject)
}
