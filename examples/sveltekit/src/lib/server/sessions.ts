import { SessionManager } from 'holdfast'
import { FileDriver } from 'holdfast/file'

export interface Data {
  name: string
  visits: number
}

export const sessions = new SessionManager<Data>({ driver: new FileDriver({ path: 'var/sessions' }), cookie: { secure: 'auto' } })
