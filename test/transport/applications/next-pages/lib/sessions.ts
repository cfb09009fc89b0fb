import { action, oncePerProcess, readSession, session } from '../../../../../src/adapters/next.ts'
import type { ReadonlySession } from '../../../../../src/adapters/next.ts'
import { MemoryDriver } from '../../../../../src/drivers/memory.ts'
import { SessionManager } from '../../../../../src/manager/session-manager.ts'

export interface Data {
  readonly count: number
  readonly name: string
}

/** What a test wants to look at, too. */
export interface Store {
  readonly driver: MemoryDriver
  readonly sessions: SessionManager<Data>
}

export const { sessions } = oncePerProcess('store', (): Store => {
  const driver = new MemoryDriver({ acknowledged: true })
  return { driver, sessions: new SessionManager<Data>({ driver, cookie: { secure: 'auto' }, lifetime: { rotateEverySeconds: 3600 } }) }
})

export const withSession = session(sessions)
export const sessionAction = action(sessions)
export const visitor = (): Promise<ReadonlySession<Data>> => readSession(sessions)
