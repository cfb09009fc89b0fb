import { useSession, useSessionStorage } from '@hono/session'
import type { Session, Storage } from '@hono/session'
import type { Candidate } from '../../harness/candidate.ts'
import { ordinaryData } from '../counter-app.ts'
import { SECRET } from './counter.ts'
import type { Counter } from './counter.ts'
import { honoCandidate } from './hono-app.ts'

interface Data {
  readonly count?: number
}

const DAY_SECONDS = 86_400

const counter: Counter<Session<Data>> = {
  fill: (session) => session.update({ ...ordinaryData, count: 0 }),
  read: async (session) => (await session.get())?.count,
  write: (session, count) => session.update((data) => ({ ...data, count })),
  // By `get` and `update` its storage would be read twice.
  raise: async (session) => {
    let count = 0
    await session.update((data) => {
      count = (data?.count ?? 0) + 1
      return { ...data, count }
    })
    return count
  },
}

/** @hono/session as its documentation recommends, with an end: so its cookie, an encrypted token with the id, is not made anew by each write. */
export function honoSessionApp(storage: Storage<Data>): Candidate {
  const session = useSession({ secret: SECRET.slice(0, 32), duration: { absolute: DAY_SECONDS } })
  return honoCandidate([useSessionStorage(storage), session], counter)
}
