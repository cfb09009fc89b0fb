import { getSession, updateSession } from 'h3'
import type { Candidate } from '../../harness/candidate.ts'
import { ordinaryData } from '../counter-app.ts'
import { SECRET } from './counter.ts'
import { h3Candidate } from './h3-app.ts'

const config = { password: SECRET, cookie: { secure: false } }

/** h3's own sessions, which are sealed into the cookie. By `getSession`, which makes none for who has none, where `useSession` would. */
export function start(): Candidate {
  return h3Candidate([], {
    fill: async (event) => void (await updateSession(event, config, { ...ordinaryData, count: 0 })),
    read: async (event) => (await getSession(event, config)).data['count'],
    write: async (event, count) => void (await updateSession(event, config, { count })),
  })
}
