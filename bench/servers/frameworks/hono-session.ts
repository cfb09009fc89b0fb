import { useSession, useSessionStorage } from '@hono/session'
import type { Session } from '@hono/session'
import type { Candidate } from '../../harness/candidate.ts'
import { ordinaryData } from '../counter-app.ts'
import { SECRET } from './counter.ts'
import type { Counter } from './counter.ts'
import { honoCandidate } from './hono-app.ts'

interface Data {
  readonly count: number
}

const counter: Counter<Session<Data>> = {
  '/new': async (session) => {
    const data = { ...ordinaryData, count: 0 }
    await session.update(data)
    return { count: 0 }
  },
  '/write': async (session) => {
    const data = await session.get()
    const count = Number(data?.count) + 1
    await session.update({ ...data, count })
    return { count }
  },
  '/read': async (session) => ({ count: Number((await session.get())?.count) }),
}

/** @hono/session with a storage in memory, which keeps texts; its cookie is an encrypted token with the id. */
export function start(): Candidate {
  const texts = new Map<string, string>()
  const storage = useSessionStorage({
    get: async (id) => JSON.parse(texts.get(id) ?? 'null'),
    set: (id, value) => void texts.set(id, JSON.stringify(value)),
    delete: (id) => void texts.delete(id),
  })
  return honoCandidate([storage, useSession({ secret: SECRET.slice(0, 32) })], counter)
}
