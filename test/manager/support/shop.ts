import { MemoryDriver } from '../../../src/drivers/memory.ts'
import type { SessionEventKind, SessionEvents } from '../../../src/contracts/events.ts'
import type { OpenRequest, OpenSession } from '../../../src/manager/open-session.ts'
import type { SessionManagerOptions } from '../../../src/manager/options.ts'
import { SessionManager } from '../../../src/manager/session-manager.ts'
import type { DefaultData } from '../../../src/session/path-types.ts'
import { hashId } from '../../../src/manager/digest.ts'
import { asSessionId } from '../../../src/session/id.ts'
import type { StoreKey } from '../../../src/session/id.ts'
import type { Session } from '../../../src/session/session.ts'
import { testClock } from '../../../src/testing/test-clock.ts'
import type { TestClock } from '../../../src/testing/test-clock.ts'
import { expectIdle } from './idle.ts'
import { SpyDriver } from './spy-driver.ts'

export type Options = Partial<Omit<SessionManagerOptions<DefaultData>, 'driver' | 'concurrency' | 'assumeSingleProcess'>>
export type SeenEvent = { [Kind in SessionEventKind]: { readonly kind: Kind } & SessionEvents[Kind] }[SessionEventKind]

const KINDS = ['created', 'committed', 'discarded', 'regenerated', 'destroyed', 'refused', 'trouble', 'collected'] as const

/** One application over one store in memory, with a clock that stands still, a driver that tells its calls, and all events. */
export interface Shop {
  readonly sessions: SessionManager
  readonly driver: SpyDriver
  readonly memory: MemoryDriver
  readonly clock: TestClock
  readonly events: SeenEvent[]
  /** Another process with the same store. */
  readonly another: (options?: Options) => SessionManager
  /** Stores a session and gives its id. */
  readonly stored: (fill?: (session: Session) => void) => Promise<string>
  /** What a session holds, read past every lock. */
  readonly peek: (id: string) => Promise<Record<string, unknown> | undefined>
  /** Checks that nothing is held or waited for. */
  readonly idle: () => Promise<void>
}

export function openShop(options: Options = {}): Shop {
  const clock = testClock()
  const memory = new MemoryDriver({ clock: clock.now })
  const driver = new SpyDriver(memory)
  const another = (others: Options = options): SessionManager => new SessionManager({ driver, clock: clock.now, ...others })
  const sessions = another()
  const events = eventsOf(sessions)
  return {
    sessions,
    driver,
    memory,
    clock,
    events,
    another,
    stored: async (fill = (session) => session.set('n', 0)) => {
      const session = await sessions.start()
      fill(session)
      await session.save()
      driver.forget()
      events.length = 0
      return session.id
    },
    peek: async (id) => {
      const found = await memory.read(keyOf(id))
      if (found?.kind !== 'record') return undefined
      const session = await another().start(id, { concurrency: 'readonly' })
      return session.all()
    },
    idle: () => expectIdle(memory, driver.keys),
  }
}

/** Notes all events of a manager. */
export function eventsOf(sessions: SessionManager): SeenEvent[] {
  const events: SeenEvent[] = []
  for (const kind of KINDS) sessions.on(kind, (event: object) => void events.push({ kind, ...event } as SeenEvent))
  return events
}

/** A request as an adapter hands it over: with the cookies of these ids. */
export async function visit(
  sessions: SessionManager,
  ids: string | readonly string[] = [],
  request: OpenRequest = {},
): Promise<OpenSession> {
  const cookieHeader = [ids]
    .flat()
    .map((id) => `__Host-${sessions.name}=${id}`)
    .join('; ')
  return await sessions.open({ ...request, cookieHeader: cookieHeader === '' ? undefined : cookieHeader })
}

/** The id that a Set-Cookie value hands to the browser; `cleared` for one that makes it forget. */
export function idIn(setCookie: string | undefined): string | undefined {
  if (setCookie === undefined) return undefined
  if (setCookie.includes('Max-Age=0')) return 'cleared'
  return /=([0-9a-f]{40});/.exec(setCookie)?.[1]
}

export function keyOf(id: string): StoreKey {
  const key = hashId(asSessionId(id) ?? fail(`not an id`))
  return key instanceof Promise ? fail('hashed with a promise') : key
}

/** What a promise rejects with. */
export async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return await work.then(
    () => fail('it did not fail'),
    (error: unknown) => error,
  )
}

/** The code of the error that a promise rejects with. */
export async function codeOf(work: Promise<unknown>): Promise<unknown> {
  const error = await failureOf(work)
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : error
}

export interface Gate {
  readonly opened: Promise<void>
  readonly open: () => void
}

/** Something to wait at until the test opens it. */
export function gate(): Gate {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { opened: promise, open: resolve }
}

function fail(why: string): never {
  throw new Error(why)
}
