import { createHmac } from 'node:crypto'
import type { LockingDriver } from '../../src/contracts/driver.ts'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import type { SessionManagerOptions } from '../../src/manager/options.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import { connectSid, moveInFrom } from '../../src/move-in/index.ts'
import type { ConnectSidOptions, OldSource } from '../../src/move-in/index.ts'
import type { Session } from '../../src/session/session.ts'
import { expressSession } from './old-library.ts'

export const SECRET = 'the old secret'
export const NEXT_WEEK = new Date(Date.now() + 7 * 86_400_000)

/** Data of any form. */
export interface Anything extends Record<string, unknown> {}

/** A value of a cookie as express-session signs it. */
export function signed(sid: string, secret = SECRET): string {
  return encodeURIComponent(`s:${sid}.${createHmac('sha256', secret).update(sid).digest('base64').replace(/=+$/, '')}`)
}

/** The old store: express-session's own, with promises for tests. */
export class OldStore extends expressSession.MemoryStore {
  put(sid: string, data: object, cookie: object = { originalMaxAge: null, expires: null, httpOnly: true, path: '/' }): string {
    this.sessions[sid] = JSON.stringify({ cookie, ...data })
    return `connect.sid=${signed(sid)}`
  }

  look(sid: string): Record<string, unknown> | undefined {
    const text = this.sessions[sid]
    return text === undefined ? undefined : JSON.parse(text)
  }
}

/** What one request saw and got. */
export interface Seen {
  readonly userId: string | undefined
  readonly data: Record<string, unknown>
  readonly isNew: boolean
  readonly id: string
  /** The `Set-Cookie` values. */
  readonly cookies: readonly string[]
}

export interface WorldOptions extends Partial<Omit<ConnectSidOptions, 'store'>> {
  readonly store?: ConnectSidOptions['store']
  readonly driver?: LockingDriver
  readonly keepOldUntil?: Date
  readonly manager?: Partial<SessionManagerOptions<Anything>>
  readonly sources?: readonly OldSource[]
}

/** A manager that visitors move into, and requests to it without any HTTP. */
export class World implements AsyncDisposable {
  readonly store = new OldStore()
  readonly driver: LockingDriver
  readonly sessions: SessionManager<Anything>

  constructor({ store, driver = new MemoryDriver(), keepOldUntil, manager, sources, ...others }: WorldOptions = {}) {
    this.driver = driver
    const source = connectSid({ store: store ?? this.store, secrets: SECRET, ...others })
    const moveIn = moveInFrom(sources ?? [source], keepOldUntil && { keepOldUntil })
    this.sessions = new SessionManager<Anything>({ driver, moveIn, ...manager } as SessionManagerOptions<Anything>)
  }

  /** One request with these cookies; the handler gets its session. */
  async visit(cookieHeader: string, handler: (session: Session<Anything>) => unknown = () => undefined): Promise<Seen> {
    const open = await this.sessions.open({ cookieHeader, isHttps: true })
    const { session } = open
    const { userId, isNew } = session
    const { _token, ...data } = session.all()
    try {
      await open.run(() => handler(session))
    } catch (error) {
      await open.discard(error)
      throw error
    }
    const { setCookie, otherCookies = [] } = await open.commit()
    const cookies = [setCookie, ...otherCookies].filter((line) => line !== undefined)
    return { userId, data, isNew, id: session.id, cookies }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sessions.close()
  }
}

/** Our own cookie out of what a response sets, as the next request brings it. */
export function ours({ cookies }: Pick<Seen, 'cookies'>): string {
  return cookies.map((line) => /^__Host-ml_session=[0-9a-f]{40}/.exec(line)?.[0]).find((pair) => pair !== undefined) ?? ''
}
