import type { SessionEventKind, SessionEvents } from '../../src/contracts/events.ts'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import type { OpenRequest } from '../../src/manager/open-session.ts'
import type { SessionSummary } from '../../src/manager/owners.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import { testClock } from '../../src/testing/test-clock.ts'
import type { TestClock } from '../../src/testing/test-clock.ts'
import { expectIdle } from '../manager/support/idle.ts'
import { idIn, keyOf, visit } from '../manager/support/shop.ts'
import type { Options } from '../manager/support/shop.ts'
import { WholeSpy } from './whole-spy.ts'

export type NotedEvent = { [Kind in SessionEventKind]: { readonly kind: Kind } & SessionEvents[Kind] }[SessionEventKind]

/** A session that a test knows by its id and its public name. */
export interface Known {
  readonly id: string
  readonly handle: string
}

/** Several processes over one store in memory, where users log in and out. */
export interface OwnersShop {
  readonly sessions: SessionManager
  readonly driver: OwnersSpy
  readonly memory: MemoryDriver
  readonly clock: TestClock
  /** The `revoked`, `limit` and `refused` events of the first process. */
  readonly events: NotedEvent[]
  /** Another process with the same store. */
  readonly another: (options?: Options) => SessionManager
  /** A request that logs a user in, or only puts something into a session when there is none. */
  readonly login: (userId: string | number | undefined, request?: OpenRequest) => Promise<Known>
  /** Whose session it is now, past every lock; `ended` when there is none under this id. */
  readonly userOf: (known: Known) => Promise<string | undefined>
  readonly usersOf: (known: readonly Known[]) => Promise<(string | undefined)[]>
  /** Checks that nothing is held or waited for. */
  readonly idle: () => Promise<void>
}

/** A spy that also lets a test come before and after a revocation of a user. */
export class OwnersSpy extends WholeSpy {
  readonly beforeRevokes: (() => Promise<void> | void)[] = []

  override async revokeUser(...asked: Parameters<WholeSpy['revokeUser']>): Promise<number> {
    await this.beforeRevokes.shift()?.()
    return await super.revokeUser(...asked)
  }
}

export function openOwnersShop(options: Options = {}): OwnersShop {
  const clock = testClock()
  const memory = new MemoryDriver({ clock: clock.now })
  const driver = new OwnersSpy(memory)
  const another = (others: Options = options): SessionManager => new SessionManager({ driver, clock: clock.now, ...others })
  const sessions = another()
  const userOf = async ({ id }: Known): Promise<string | undefined> => {
    const found = await memory.read(keyOf(id))
    return found?.kind === 'record' ? found.record.userId : 'ended'
  }
  return {
    sessions,
    driver,
    memory,
    clock,
    events: notedEvents(sessions, ['revoked', 'limit', 'refused']),
    another,
    login: (userId, request) => loggedIn(sessions, userId, request),
    userOf,
    usersOf: (known) => Promise.all(known.map(userOf)),
    idle: () => expectIdle(memory, driver.keys),
  }
}

/** A request without a cookie that logs a user in. */
export async function loggedIn(sessions: SessionManager, userId: string | number | undefined, request: OpenRequest = {}): Promise<Known> {
  const open = await visit(sessions, [], request)
  open.session.set('cart', 'cart-secret')
  if (userId !== undefined) open.session.setUserId(userId)
  const { setCookie } = await open.commit()
  const { handle } = open.session
  const id = idIn(setCookie)
  if (id === undefined || handle === undefined) throw new Error('nobody was logged in')
  return { id, handle }
}

/** Notes some events of a manager, each with its kind. */
export function notedEvents(sessions: SessionManager, kinds: readonly SessionEventKind[]): NotedEvent[] {
  const events: NotedEvent[] = []
  for (const kind of kinds) sessions.on(kind, (event: object) => void events.push({ kind, ...event } as NotedEvent))
  return events
}

/** All sessions that a list shows, page after page. A list that does not end is an error. */
export async function everyPage(
  sessions: SessionManager,
  options: Omit<NonNullable<Parameters<SessionManager['list']>[0]>, 'cursor'> = {},
): Promise<SessionSummary[][]> {
  const pages: SessionSummary[][] = []
  let cursor: string | undefined
  do {
    const page = await sessions.list({ ...options, cursor })
    pages.push([...page.sessions])
    ;({ cursor } = page)
    if (pages.length > 10_000) throw new Error('the list does not end')
  } while (cursor !== undefined)
  return pages
}

/** The handles of all sessions of a user, or of everybody, sorted. */
export async function handlesOf(sessions: SessionManager, userId?: string | number): Promise<string[]> {
  const pages = await everyPage(sessions, userId === undefined ? {} : { userId })
  return pages
    .flat()
    .map(({ handle }) => handle)
    .toSorted()
}

export function handlesIn(known: readonly Known[]): string[] {
  return known.map(({ handle }) => handle).toSorted()
}

/** Gives a session a new id, as a request with its cookie does. */
export async function moved(sessions: SessionManager, { id, handle }: Known, options: { readonly destroy?: boolean } = {}): Promise<Known> {
  const open = await visit(sessions, id)
  await open.session.regenerate(options)
  const { setCookie } = await open.commit()
  const newId = idIn(setCookie)
  if (newId === undefined) throw new Error('it did not move')
  return { id: newId, handle }
}
