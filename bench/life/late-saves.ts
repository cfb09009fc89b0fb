import { until } from '../../proof/faults/until.ts'
import { SessionManager } from '../../src/index.ts'
import type { Session } from '../../src/index.ts'
import { isSessionError } from '../../src/session/errors.ts'
import { randomFrom } from '../file/support.ts'
import { keyOf } from '../shared/place.ts'
import { type End, type History, type Place, type PlannedRequest, drawHistory } from './histories.ts'
import { inLanes, turns } from './lanes.ts'
import type { Store } from './stores.ts'

export interface LateSaveCounts {
  /** Saves of the session that came before its end. */
  saved: number
  /** Saves that came too late, and were told so. */
  refused: number
  /** Of them those that began when the end had been answered. */
  late: number
  /** Requests that got a session of their own, since theirs had ended. */
  startedAnew: number
  /** Histories after which a record of the session, or a request that has its data, was found: must be 0. */
  broughtBack: number
}

type Managers = readonly [SessionManager, SessionManager]

/** The two processes: as they are, with holds that end soon, and with sessions that end soon as well. */
interface Processes {
  readonly patient: Managers
  readonly hasty: Managers
  readonly brief: Managers
}

const HOLD_SECONDS = 0.05
const IDLE_SECONDS = 0.1
const SECRET = 'what the session held'
/** What a save is told after the end, or when a login took the session elsewhere before it, or when its hold was over. */
const TOO_LATE: ReadonlySet<string> = new Set(['ERR_SESSION_GONE', 'ERR_SESSION_READONLY', 'ERR_SESSION_LOCK_LOST'])

/** Plays histories of sessions that end while requests of them run, each drawn from the seed and its number. */
export async function playHistories(
  { drivers }: Store,
  { histories, atOnce, seed }: { readonly histories: number; readonly atOnce: number; readonly seed: number },
  log: (line: string) => void,
): Promise<LateSaveCounts & Readonly<Record<End, number>>> {
  const counts = {
    saved: 0,
    refused: 0,
    late: 0,
    startedAnew: 0,
    broughtBack: 0,
    logout: 0,
    invalidate: 0,
    revoke: 0,
    revokeUser: 0,
    expiry: 0,
  }
  const lock = { leaseSeconds: HOLD_SECONDS, maxHoldSeconds: HOLD_SECONDS }
  const over = (options: object): Managers => {
    const [one, other] = drivers.map((driver) => new SessionManager({ driver, collectEverySeconds: 0, ...options }))
    if (one === undefined || other === undefined) throw new TypeError('a store has two drivers')
    return [one, other]
  }
  const processes = { patient: over({}), hasty: over({ lock }), brief: over({ lock, lifetime: { idleSeconds: IDLE_SECONDS } }) }
  await inLanes(histories, atOnce, async (index) => {
    const history = drawHistory(randomFrom(seed + index))
    counts[history.end] += 1
    const found = await new Play(history, `user ${index}`, drivers, processes, counts).play()
    if (found === undefined) return
    counts.broughtBack += 1
    log(`${found}, --seed ${seed + index}: ${JSON.stringify(history)}`)
  })
  return counts
}

/** One session and its requests. */
class Play {
  readonly #history: History
  readonly #user: string
  readonly #drivers: Store['drivers']
  readonly #processes: Processes
  readonly #counts: LateSaveCounts
  /** Every id that it has had, or was to get. */
  readonly #ids = new Set<string>()
  /** What the browser has. */
  #cookie = ''
  #handle = ''
  readonly #opened = Promise.withResolvers<void>()
  readonly #ended = Promise.withResolvers<void>()
  #hasEnded = false
  #found: string | undefined

  constructor(history: History, user: string, drivers: Store['drivers'], processes: Processes, counts: LateSaveCounts) {
    this.#history = history
    this.#user = user
    this.#drivers = drivers
    this.#processes = processes
    this.#counts = counts
  }

  /** Says what was brought back, if anything was. */
  async play(): Promise<string | undefined> {
    const { place, requests } = this.#history
    const session = await this.#manager(place, false).start()
    session.setUserId(this.#user)
    session.set('secret', SECRET)
    await session.save()
    this.#have(session.id)
    this.#handle = session.handle ?? ''
    // Who waits for an end that failed would wait for ever.
    await Promise.all([...requests.map((request) => this.#request(request)), this.#end().finally(this.#ended.resolve)])
    await this.#look()
    return this.#found
  }

  #manager(place: Place, isLate: boolean): SessionManager {
    const { patient, hasty, brief } = this.#processes
    const { end } = this.#history
    if (end === 'expiry') return brief[place]
    // A logout needs the lock: a save can be later than that only when its hold is over.
    return isLate && (end === 'logout' || end === 'invalidate') ? hasty[place] : patient[place]
  }

  #have(id: string): void {
    this.#ids.add(id)
    this.#cookie = id
  }

  async #request(request: PlannedRequest): Promise<void> {
    await turns(request.opensAfter)
    const session = await this.#manager(request.place, request.isLate).start(this.#cookie)
    const { isNew } = session
    this.#opened.resolve()
    if (isNew && session.get('secret') !== undefined) this.#found = 'a new session has its data'
    let isLate = false
    try {
      await this.#change(session, request)
      if (request.isLate) await this.#ended.promise
      isLate = this.#hasEnded && !isNew
      await session.save()
    } catch (error) {
      if (!isSessionError(error) || !TOO_LATE.has(error.code)) throw error
      this.#counts.refused += 1
      if (isLate) this.#counts.late += 1
      return
    }
    if (isNew) this.#counts.startedAnew += 1
    else {
      this.#counts.saved += 1
      this.#have(session.id)
      if (isLate) this.#found = 'a save after the end was answered as done'
    }
  }

  async #change(session: Session, { savesBetween, renews, worksFor }: PlannedRequest): Promise<void> {
    const { isNew } = session
    session.increment('n')
    if (savesBetween) await session.save({ keepOpen: true })
    await turns(worksFor)
    // A save of nothing new is none that could bring anything back.
    session.increment('n')
    if (renews !== 'no') await session.regenerate({ destroy: renews === 'login' })
    // It may be known to somebody before it is stored.
    if (!isNew) this.#ids.add(session.id)
  }

  async #end(): Promise<void> {
    const { end, place, endsWhileOpen, endsAfter } = this.#history
    const manager = this.#manager(place, false)
    if (endsWhileOpen) await this.#opened.promise
    await turns(endsAfter)
    if (end === 'revokeUser') await manager.revokeUser(this.#user)
    else if (end === 'revoke') await this.#revoke(manager)
    else if (end === 'expiry') await until('the session to expire', () => this.#isGone(), 20_000)
    else await until('the session that is logged out', () => this.#logOut(manager, end))
    this.#hasEnded = true
  }

  async #revoke(manager: SessionManager): Promise<void> {
    if (!(await manager.revoke(this.#handle, { userId: this.#user }))) this.#found = 'it was not found to be revoked'
  }

  /** Where a login has taken the session elsewhere moments ago, the browser asks once more, with the new id. */
  async #logOut(manager: SessionManager, how: 'logout' | 'invalidate'): Promise<boolean> {
    const session = await manager.start(this.#cookie)
    if (session.isNew) {
      await session.release()
      return false
    }
    if (how === 'logout') {
      await session.destroy()
      return true
    }
    await session.invalidate()
    session.set('n', 0)
    await session.save()
    const isOld = this.#ids.has(session.id) || session.userId !== undefined || session.get('secret') !== undefined
    if (isOld) this.#found = 'the session after an invalidation has its data'
    return true
  }

  /** Looks in the order in which it had its ids: one that moves meanwhile is under the new id before it leaves the old. */
  async #isGone(): Promise<boolean> {
    for (const id of this.#ids) if ((await this.#drivers[0].read(await keyOf(id)))?.kind === 'record') return false
    return true
  }

  async #look(): Promise<void> {
    const { sessions } = await this.#drivers[0].list({ userId: this.#user })
    if (sessions.length > 0) this.#found = 'it is in the list of its user'
    for (const id of this.#ids) {
      const found = await this.#drivers[1].read(await keyOf(id))
      if (found?.kind === 'record') this.#found = 'there is a record under an id of it'
      const session = await this.#processes.patient[1].start(id, { concurrency: 'readonly' })
      if (session.userId !== undefined || session.get('secret') !== undefined) this.#found = 'a request with an old id has its data'
      await session.release()
    }
  }
}
