import type { SessionDriver, StoredRecord } from '../../src/contracts/driver.ts'
import type { SessionEventKind, SessionEvents } from '../../src/contracts/events.ts'
import type { OpenRequest } from '../../src/manager/open-session.ts'
import type { SessionManager } from '../../src/manager/session-manager.ts'
import type { Session } from '../../src/session/session.ts'
import { idIn, keyOf, visit } from '../manager/support/shop.ts'

/** What became of a request that an adapter would have served. */
export interface Visited<Result> {
  readonly result: Result
  /** The id that the response sends; `cleared`, or `undefined` for none. */
  readonly sent: string | undefined
}

/** One whole request with the cookies of these ids: a handler, and the commit. */
export async function visited<Result>(
  sessions: SessionManager,
  ids: string | readonly string[],
  handle: (session: Session) => Result | Promise<Result>,
  request: OpenRequest = {},
): Promise<Visited<Result>> {
  const open = await visit(sessions, ids, request)
  const result = await open.run(() => handle(open.session))
  return { result, sent: idIn((await open.commit()).setCookie) }
}

/** The same for the next page of a browser that has this cookie: gives the id that it has afterwards. */
export async function nextId(
  sessions: SessionManager,
  id: string,
  handle: (session: Session) => unknown = () => undefined,
  request: OpenRequest = {},
): Promise<string> {
  const { sent } = await visited(sessions, id, handle, request)
  return sent ?? id
}

/** What a read-only request is told. */
export async function asked<Answer>(sessions: SessionManager, id: string, ask: (session: Session) => Answer): Promise<Answer> {
  return ask(await sessions.start(id, { concurrency: 'readonly' }))
}

/** The record under an id, read past every lock. */
export async function recordUnder(driver: SessionDriver, id: string): Promise<StoredRecord | undefined> {
  const found = await driver.read(keyOf(id))
  return found?.kind === 'record' ? found.record : undefined
}

/** Notes the events of a kind, from now on. */
export function told<Kind extends SessionEventKind>(sessions: SessionManager, kind: Kind): SessionEvents[Kind][] {
  const events: SessionEvents[Kind][] = []
  sessions.on(kind, (event) => void events.push(event))
  return events
}

/** The reasons for which requests were refused something, from now on. */
export function refusals(sessions: SessionManager): string[] {
  const reasons: string[] = []
  sessions.on('refused', ({ reason }) => void reasons.push(reason))
  return reasons
}
