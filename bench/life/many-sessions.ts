import { SessionManager } from '../../src/index.ts'
import { newKey, recordWith } from '../file/support.ts'
import { inLanes } from './lanes.ts'
import { pageCounterOf } from './pages.ts'
import type { Driver, Store, StoreName } from './stores.ts'

export interface ManyRun {
  /** Of the one user. */
  readonly sessions: number
  /** Requests of another user, before anything else happens. */
  readonly control: number
}

export interface ManyResult {
  readonly counts: Readonly<Record<string, number>>
  readonly unit: string | undefined
  readonly revokeSeconds: number
  /** Milliseconds of each request. */
  readonly idle: readonly number[]
  readonly meanwhile: readonly number[]
}

export const PAGE = 100
const WRITERS = 16
/** Requests of the other user at once, each of a session of its own. */
const LANES = 4
const USER = 'who has many'
const OTHER = 'another'

/** Lists the many sessions of a user and ends them, while another user goes on. */
export async function runMany(name: StoreName, store: Store, { sessions, control }: ManyRun): Promise<ManyResult> {
  const [one, other] = store.drivers
  const manager = new SessionManager({ driver: one, collectEverySeconds: 0 })
  const others = new SessionManager({ driver: other, collectEverySeconds: 0 })
  await fill(one, USER, sessions)
  // A page that looks at everybody's is to be seen as such.
  await fill(one, 'one of many', sessions)
  const listed = await listAll(name, store, manager)

  const visitor = await Visitor.of(others)
  const idle = await visitor.requests((made) => made < control)
  const startedAt = performance.now()
  let isOver = false
  const revoking = manager.revokeUser(USER).finally(() => (isOver = true))
  const [revoked, meanwhile] = await Promise.all([revoking, visitor.requests(() => !isOver)])
  const revokeSeconds = (performance.now() - startedAt) / 1000
  const counts = {
    ...listed.counts,
    revoked,
    left: (await handlesOf(manager, USER)).length,
    othersLeft: (await handlesOf(manager, 'one of many')).length,
    requests: idle.length + meanwhile.length,
    incrementsLost: idle.length + meanwhile.length - (await visitor.count()),
  }
  return { counts, unit: listed.unit, revokeSeconds, idle, meanwhile }
}

function fill(driver: Driver, userId: string, sessions: number): Promise<void> {
  return inLanes(sessions, WRITERS, async () => void (await driver.insert(newKey(), recordWith('{}', { userId }))))
}

async function listAll(name: StoreName, store: Store, manager: SessionManager): Promise<Pick<ManyResult, 'counts' | 'unit'>> {
  await using counter = await pageCounterOf(name, store)
  // Once for nothing: until then a server has not heard of the scripts.
  await manager.list({ userId: USER, limit: 1 })
  const handles = new Set<string>()
  let cursor: string | undefined
  let [pages, shown, all, most] = [0, 0, 0, 0]
  do {
    const asked = { userId: USER, cursor, limit: PAGE }
    const { page, taken } = await counter.count(asked, () => manager.list(asked))
    pages += 1
    shown += page.sessions.length
    for (const { handle } of page.sessions) handles.add(handle)
    all += taken
    most = Math.max(most, taken)
    ;({ cursor } = page)
  } while (cursor !== undefined)
  const taken = counter.unit === undefined ? {} : { takenInAll: all, takenForPageAtMost: most }
  return { counts: { listed: handles.size, listedTwice: shown - handles.size, pages, ...taken }, unit: counter.unit }
}

async function handlesOf(manager: SessionManager, userId: string): Promise<string[]> {
  const handles: string[] = []
  let cursor: string | undefined
  do {
    const page = await manager.list({ userId, cursor, limit: 1000 })
    for (const { handle } of page.sessions) handles.push(handle)
    ;({ cursor } = page)
  } while (cursor !== undefined)
  return handles
}

/** Another user, whose requests raise a counter. */
class Visitor {
  readonly #manager: SessionManager
  readonly #ids: readonly string[]

  static async of(manager: SessionManager): Promise<Visitor> {
    const ids: string[] = []
    await inLanes(LANES, 1, async () => {
      const session = await manager.start()
      session.setUserId(OTHER)
      session.set('count', 0)
      await session.save()
      ids.push(session.id)
    })
    return new Visitor(manager, ids)
  }

  private constructor(manager: SessionManager, ids: readonly string[]) {
    this.#manager = manager
    this.#ids = ids
  }

  /** Makes requests for as long as it is told to, at least one with each session, and gives their times. */
  async requests(goesOn: (made: number) => boolean): Promise<number[]> {
    const waits: number[] = []
    const lane = async (id: string): Promise<void> => {
      do {
        const begun = performance.now()
        await this.#manager.run(id, (session) => void session.increment('count'))
        waits.push(performance.now() - begun)
        // In memory all is done in one turn, and nobody else would get one.
        await new Promise((resolve) => setImmediate(resolve))
      } while (goesOn(waits.length))
    }
    await Promise.all(this.#ids.map(lane))
    return waits
  }

  async count(): Promise<number> {
    const counts = await Promise.all(this.#ids.map((id) => this.#manager.run(id, (session) => Number(session.get('count')))))
    return counts.reduce((sum, count) => sum + count, 0)
  }
}
