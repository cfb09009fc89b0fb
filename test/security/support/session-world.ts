import { onTestFinished } from 'vitest'
import { SessionManager } from '../../../src/manager/session-manager.ts'
import type { Session } from '../../../src/session/session.ts'
import type { TestClock } from '../../../src/testing/test-clock.ts'
import type { Options } from '../../manager/support/shop.ts'
import type { MovedStore } from '../../support/moved-stores.ts'
import { OwnersSpy } from '../../support/owners-shop.ts'
import { visited } from '../../support/visits.ts'

/** Applications over one store of a real kind, whose clock a test moves. Nothing is ever collected by itself. */
export interface SessionWorld {
  readonly sessions: SessionManager
  /** Another application with the same store. */
  readonly another: (options?: Options) => SessionManager
  /** What they ask of the store. */
  readonly driver: OwnersSpy
  readonly clock: TestClock
}

/** Makes a store and an application over it, whose own clock is wrong: it has no say in anything. All is closed when the test is over. */
export async function openSessionWorld(open: () => Promise<MovedStore>, options: Options = {}): Promise<SessionWorld> {
  const { driver: inner, clock } = await open()
  const driver = new OwnersSpy(inner)
  const another = (others: Options = options): SessionManager => {
    const sessions = new SessionManager({ driver, collectEverySeconds: 0, clock: () => 0, ...others })
    onTestFinished(() => sessions.close({ waitSeconds: 0 }))
    return sessions
  }
  return { sessions: another(), another, driver, clock }
}

/** What a login does: a new id, a user, and the proof of who that is. */
export async function logIn(session: Session, userId = 'ada'): Promise<void> {
  await session.regenerate({ destroy: true })
  session.setUserId(userId)
  session.markAuthenticated()
}

/** Logs somebody in who comes without a cookie, or with one, and gives the id that the browser has then. */
export async function loginOf(sessions: SessionManager, userId = 'ada', ids: string | readonly string[] = []): Promise<string> {
  const { sent } = await visited(sessions, ids, async (session) => {
    await logIn(session, userId)
    session.set('cart', 'private')
  })
  if (sent === undefined || sent === 'cleared') throw new Error('nobody was logged in')
  return sent
}

/** What somebody sees who comes with a cookie. */
export type Seen = readonly [isNew: boolean, userId: string | undefined, data: Record<string, unknown>]

/** What a stranger is to see, whatever cookie was sent. */
export const NOTHING: Seen = [true, undefined, {}]

/** What a session shows to one who comes with these cookies. Both kinds of request must show the same. */
export async function seenBy(sessions: SessionManager, ids: string | readonly string[]): Promise<Seen> {
  const look = ({ isNew, userId, attributes }: Session): Seen => [isNew, userId, without(attributes.all(), '_token')]
  const { result: readonly } = await visited(sessions, ids, look, { concurrency: 'readonly' })
  const { result } = await visited(sessions, ids, look)
  if (JSON.stringify(readonly) !== JSON.stringify(result)) throw new Error(`read-only it was ${JSON.stringify(readonly)}`)
  return result
}

/** Whose session these cookies open; `undefined` for nobody's, and for none. */
export async function userAt(sessions: SessionManager, ids: string | readonly string[]): Promise<string | undefined> {
  return (await seenBy(sessions, ids))[1]
}

function without(data: Record<string, unknown>, key: string): Record<string, unknown> {
  const { [key]: _, ...others } = data
  return others
}
