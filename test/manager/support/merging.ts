import { onTestFinished } from 'vitest'
import type { OpenRequest } from '../../../src/manager/open-session.ts'
import type { Committed } from '../../../src/manager/open-session.ts'
import type { SessionManager } from '../../../src/manager/session-manager.ts'
import type { Session } from '../../../src/session/session.ts'
import { idIn, openShop, visit } from './shop.ts'
import type { Options, Shop } from './shop.ts'

/** A request that is under way: its handler has run, and nothing of it is stored yet. */
export interface UnderWay {
  readonly session: Session
  /** Ends it. Answers the id that the response sends. */
  readonly end: () => Promise<string | undefined>
}

/** Begins a request of this session that merges, and runs its handler. */
export async function begin(
  sessions: SessionManager,
  id: string,
  handle: (session: Session) => unknown = () => undefined,
  request: OpenRequest = { concurrency: 'merge' },
): Promise<UnderWay> {
  const open = await visit(sessions, id, request)
  await open.run(() => handle(open.session))
  return { session: open.session, end: async () => idIn((await Promise.resolve<Committed>(open.commit())).setCookie) }
}

/** A shop with a session in it, and what two parallel requests of it make of it: both have read it before one of them stores. */
export interface Counter extends Shop {
  readonly id: string
  readonly both: (
    first: (session: Session) => unknown,
    second: (session: Session) => unknown,
  ) => Promise<Record<string, unknown> | undefined>
}

export async function openCounter(fill: (session: Session) => void, options: Options = {}): Promise<Counter> {
  const shop = openShop(options)
  onTestFinished(() => shop.sessions.close())
  const id = await shop.stored(fill)
  return {
    ...shop,
    id,
    both: async (first, second) => {
      const [one, other] = [await begin(shop.sessions, id, first), await begin(shop.sessions, id, second)]
      await one.end()
      await other.end()
      const { _token, ...rest } = (await shop.peek(id)) ?? {}
      return rest
    },
  }
}
