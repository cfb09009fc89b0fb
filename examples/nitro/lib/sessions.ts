import { SessionManager } from 'holdfast'
import { FileDriver } from 'holdfast/file'

declare module 'holdfast' {
  interface SessionData {
    name: string
    visits: number
  }
}

export const sessions = new SessionManager({ driver: new FileDriver({ path: 'var/sessions' }), cookie: { secure: 'auto' } })
