import { SessionManager } from 'holdfast'
import { FileDriver } from 'holdfast/file'
import { action, oncePerProcess, readSession, session } from 'holdfast/next'

export interface Data {
  name: string
  visits: number
}

const sessions = oncePerProcess(
  'sessions',
  () => new SessionManager<Data>({ driver: new FileDriver({ path: 'var/sessions' }), cookie: { secure: 'auto' } }),
)

/** For route handlers and the proxy. */
export const withSession = session(sessions)
/** For server actions. */
export const sessionAction = action(sessions, { csrf: { tokens: 'always' } })
/** For server components, which read. */
export const readVisitor = () => readSession(sessions)
