import type { SessionEvents } from '../../src/contracts/events.ts'
import type { StoredRecord } from '../../src/contracts/driver.ts'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import type { MemoryDriverOptions } from '../../src/drivers/memory.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import type { Serializer } from '../../src/contracts/serializer.ts'
import type { Session } from '../../src/session/session.ts'
import { testClock } from '../../src/testing/test-clock.ts'
import type { TestClock } from '../../src/testing/test-clock.ts'
import { expectIdle } from '../manager/support/idle.ts'
import { eventsOf, keyOf } from '../manager/support/shop.ts'
import type { Options, SeenEvent } from '../manager/support/shop.ts'
import { WholeSpy } from './whole-spy.ts'

/** Several processes over one store in memory, each deployed with a serializer of its own. */
export interface SealedShop {
  readonly driver: WholeSpy
  readonly memory: MemoryDriver
  readonly clock: TestClock
  readonly processWith: (serializer: Serializer | undefined, options?: Options) => SealedProcess
  /** What the store has under the key of an id. */
  readonly recordOf: (id: string) => Promise<StoredRecord | undefined>
  /** Checks that nothing is held or waited for. */
  readonly idle: () => Promise<void>
}

export interface SealedProcess {
  readonly sessions: SessionManager
  readonly events: SeenEvent[]
  /** The `resealed` events, apart from the others. */
  readonly progress: SessionEvents['resealed'][]
  /** Stores a session, and gives its id. The spy forgets what it was asked for that. */
  readonly stored: (fill?: (session: Session) => void) => Promise<string>
  /** What a session holds, read past every lock. */
  readonly peek: (id: string) => Promise<Record<string, unknown> | undefined>
}

export function openSealedShop(options: Omit<MemoryDriverOptions, 'clock'> = {}): SealedShop {
  const clock = testClock()
  const memory = new MemoryDriver({ ...options, clock: clock.now })
  const driver = new WholeSpy(memory)
  return {
    driver,
    memory,
    clock,
    processWith: (serializer, others) => processOver(driver, clock, { ...(serializer && { serializer }), ...others }),
    recordOf: async (id) => {
      const found = await memory.read(keyOf(id))
      return found?.kind === 'record' ? found.record : undefined
    },
    idle: () => expectIdle(memory, driver.keys),
  }
}

function processOver(driver: WholeSpy, clock: TestClock, options: Options): SealedProcess {
  const sessions = new SessionManager({ driver, clock: clock.now, ...options })
  const events = eventsOf(sessions)
  const progress: SessionEvents['resealed'][] = []
  sessions.on('resealed', (event) => void progress.push(event))
  return {
    sessions,
    events,
    progress,
    stored: async (fill = (session) => session.set('n', 0)) => {
      const session = await sessions.start()
      fill(session)
      await session.save()
      driver.forget()
      events.length = 0
      return session.id
    },
    peek: async (id) => {
      const session = await sessions.start(id, { concurrency: 'readonly' })
      return session.isNew ? undefined : session.all()
    },
  }
}
