import { connect } from 'node:net'
import { oncePerProcess, readSession, session } from '../../../../../src/adapters/next.ts'
import { MemoryDriver } from '../../../../../src/drivers/memory.ts'
import { SessionManager } from '../../../../../src/manager/session-manager.ts'

interface Data {
  readonly count: number
}

// A test writes another number here, and saves.
const EDITION = 1

/** How often this file was run, by whichever bundle. */
const loads = oncePerProcess('loads', () => ({ count: 0 }))
loads.count += 1

const sessions = oncePerProcess('sessions', () => {
  // As the client of a store is: a connection that stays.
  connect(Number(process.env['STORE_PORT']), '127.0.0.1')
  return new SessionManager<Data>({ driver: new MemoryDriver({ acknowledged: true }), cookie: { secure: 'auto' } })
})

export const withSession = session(sessions)
export const visitor = (): ReturnType<typeof readSession<Data>> => readSession(sessions)
export const told = (): { readonly edition: number; readonly loads: number } => ({ edition: EDITION, loads: loads.count })
