import type { Candidate } from '../../harness/candidate.ts'
import { koaSessionApp } from './koa-session-app.ts'

/** With a store in memory, which keeps texts as express-session's does. */
export function start(): Candidate {
  const texts = new Map<string, string>()
  return koaSessionApp({
    get: async (key) => JSON.parse(texts.get(key) ?? 'null'),
    set: async (key, value) => void texts.set(key, JSON.stringify(value)),
    destroy: async (key) => void texts.delete(key),
  })
}
