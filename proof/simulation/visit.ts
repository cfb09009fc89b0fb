import type { Concurrency } from '../../src/session/session-state.ts'
import type { Session } from '../../src/session/session.ts'
import { seenIn } from './checks.ts'
import type { Data, Promises } from './checks.ts'
import type { Process } from './process.ts'

/** What a visitor or an operator does. */
export type Deed = 'count' | 'merge' | 'read' | 'save' | 'login' | 'rotate' | 'logout' | 'leave' | 'replay' | 'revoke' | 'invent' | 'fail'

/** Someone with a browser. */
export interface Visitor {
  readonly userId: string
  /** The value of the session's cookie. */
  cookie: string
  /** All that it ever was. */
  readonly earlier: string[]
}

/** What surrounds a request. */
export interface Surroundings {
  readonly promises: Promises
  /** Waits until the scheduler lets the handler go on. */
  readonly turn: () => Promise<void>
  /** How many steps there were. */
  readonly step: () => number
  /** For a trace. */
  readonly tell: (line: string) => void
  /** What the store knows of a login: whether a revocation came between what it saw and its write. */
  readonly isRevoked: (handle: string) => boolean
  readonly pick: <Item>(items: readonly Item[]) => Item
  /** Whether the browser gets this response. */
  readonly arrives: () => boolean
}

const MODES: Partial<Record<Deed, Concurrency>> = { merge: 'merge', leave: 'merge', read: 'readonly', replay: 'readonly' }

/** One request, from the moment it comes to that at which it is answered. Gives the error that it ended with, if it did. */
export async function visit(
  deed: Deed,
  mark: string,
  visitor: Visitor,
  { manager }: Process,
  signal: AbortSignal,
  around: Surroundings,
): Promise<Error | undefined> {
  const { promises, step } = around
  const since = step()
  const idBrought = idOf(deed, mark, visitor, around)
  const concurrency = MODES[deed]
  try {
    if (deed === 'revoke') return await revoke(visitor, manager, promises, step)
    const cookieHeader = idBrought === '' ? undefined : `ml_session=${idBrought}`
    const open = await manager.open({ cookieHeader, signal, ...(concurrency && { concurrency }) })
    const { session } = open
    promises.opened(seenIn(session), since, idBrought, deed === 'invent', session)
    const loggedIn = deed === 'login' && session.handle !== undefined ? promises.login(session.handle, visitor.userId, since) : undefined
    around.tell(`${deed} ${mark} has ${session.handle ?? 'a new session'} with ${session.get('count', 0)}, by ${idBrought.slice(0, 6)}`)
    let committed: Awaited<ReturnType<typeof open.commit>>
    try {
      await around.turn()
      await act(deed, mark, session, visitor, since, around)
      if (deed === 'fail') throw new Error('the handler fails')
      committed = await open.commit()
    } catch (error) {
      // A login of which nobody can say whether a revocation came into it ends its session.
      if (deed === 'login' && session.handle !== undefined) promises.mayEnd(session.handle)
      await open.discard(error)
      throw error
    }
    if (!['logout', 'leave', 'read', 'replay'].includes(deed) && session.handle !== undefined)
      promises.acknowledged(mark, session.handle, step())
    if (deed === 'login' && session.handle !== undefined) {
      const { handle } = session
      if (around.isRevoked(handle)) promises.violations.push(`a login was acknowledged into which a revocation came: ${handle}`)
      ;(loggedIn ?? promises.login(handle, visitor.userId, since))(step())
      promises.replaced(idBrought, handle, step())
    }
    around.tell(`${deed} ${mark} leaves ${session.handle ?? 'nothing'} ${session.id.slice(0, 6)}`)
    const sent = committed.setCookie === undefined ? undefined : (/ml_session=([^;]*)/.exec(committed.setCookie)?.[1] ?? '')
    if (sent !== undefined && sent !== '') visitor.earlier.push(sent)
    if (sent !== undefined && deed !== 'replay' && around.arrives()) visitor.cookie = sent
    return undefined
  } catch (error) {
    return error instanceof Error ? error : new Error('something was thrown', { cause: error })
  }
}

/** The id that a request brings. */
function idOf(deed: Deed, mark: string, { cookie, earlier }: Visitor, { pick }: Surroundings): string {
  if (deed === 'invent') return mark.padEnd(40, '0').slice(0, 40)
  return deed === 'replay' && earlier.length > 0 ? pick(earlier) : cookie
}

async function act(
  deed: Deed,
  mark: string,
  session: Session<Data>,
  { userId }: Visitor,
  since: number,
  { promises, turn, step }: Surroundings,
): Promise<void> {
  switch (deed) {
    case 'read':
    case 'replay':
      return
    case 'leave':
    case 'logout': {
      const { handle } = session
      if (handle !== undefined) promises.mayEnd(handle)
      await session.destroy()
      if (handle !== undefined) promises.loggedOut(handle, since, step())
      return
    }
    case 'login':
      await session.regenerate({ destroy: true })
      session.setUserId(userId)
      break
    case 'rotate':
      await session.regenerate()
      break
    default:
  }
  promises.begins(mark)
  if (deed === 'merge') session.increment('count')
  else {
    const before = session.get('count', 0)
    await turn()
    session.set('count', before + 1)
  }
  session.set(`marks.${mark}`, true)
  if (deed === 'save') {
    await session.save()
    await turn()
  }
}

async function revoke({ userId }: Visitor, manager: Process['manager'], promises: Promises, step: () => number): Promise<undefined> {
  const acknowledged = promises.revocation(userId, step())
  await manager.revokeUser(userId)
  acknowledged(step())
}
