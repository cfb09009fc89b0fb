import { SessionManager } from 'holdfast'
import { FileDriver } from 'holdfast/file'
import { sessionContext } from 'holdfast/react-router'

interface Data {
  name: string
  visits: number
}

export const sessions = new SessionManager<Data>({ driver: new FileDriver({ path: 'var/sessions' }), cookie: { secure: 'auto' } })

/** `context.get(visitorContext)` is the visitor's session. */
export const visitorContext = sessionContext(sessions)
