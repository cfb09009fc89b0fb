import type { Candidate } from '../../harness/candidate.ts'
import { honoSessionApp } from './hono-session-app.ts'

/** With a storage in memory, which keeps texts. */
export function start(): Candidate {
  const texts = new Map<string, string>()
  return honoSessionApp({
    get: async (id) => JSON.parse(texts.get(id) ?? 'null'),
    set: (id, value) => void texts.set(id, JSON.stringify(value)),
    delete: (id) => void texts.delete(id),
  })
}
