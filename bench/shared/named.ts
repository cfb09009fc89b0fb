import type { LockingDriver } from '../../src/contracts/driver.ts'
import type { SessionManager } from '../../src/manager/session-manager.ts'
import { isSessionError } from '../../src/session/errors.ts'
import type { Session } from '../../src/session/session.ts'
import { keyOf } from './place.ts'

/** What a session of these runs holds: the name of each increment, and how many there were. */
export interface NamedData {
  readonly names: readonly string[]
  readonly count: number
  readonly last: string
}

/** What was found out about increments, each of which carries a name of its own. */
export interface NamedCounts {
  readonly acknowledged: number
  /** Answered with an error of this library. */
  readonly failed: number
  /** Of them those that say something untrue, such as that the session was ended. */
  readonly wrongErrors: number
  /** Acknowledged, and not in the session. */
  readonly lost: number
  /** Increments that are in the session more than once, and commits that were carried out again: each raises the version by one. */
  readonly countedTwice: number
  /** Sessions that held something, and were found without it. */
  readonly emptied: number
  /** A session was asked for by an id that the store knows, and another came. */
  readonly newIds: number
  /** Answered with `ERR_SESSION_LOCK_LOST`, and in the session all the same. */
  readonly refusedButStored: number
}

/** What a request may be told when its store or its lock has failed it. */
const EXPECTED: ReadonlySet<string> = new Set(['ERR_SESSION_DRIVER_FAILED', 'ERR_SESSION_LOCK_LOST', 'ERR_SESSION_LOCK_TIMEOUT'])

interface Known {
  /** With the phase of the run in which each was. */
  readonly acknowledged: Map<string, string>
  /** Of handlers that threw. */
  readonly thrown: Set<string>
  readonly refused: Set<string>
}

/** An increment as a handler makes it, with a name that must be in the session once. */
export function addName(session: Session<NamedData>, name: string): void {
  session.set('names', [...(session.get('names') ?? []), name])
  session.set('last', name)
  session.increment('count')
}

/** Keeps the books: what was acknowledged must be in the session, once. */
export class Ledger {
  /** What is being done to the store, where a run has several phases. */
  phase = ''
  readonly #known = new Map<string, Known>()
  readonly #lostIn = new Map<string, number>()
  #names = 0
  #failed = 0
  #wrongErrors = 0
  #acknowledged = 0
  #newIds = 0
  #emptied = 0

  get acknowledged(): number {
    return this.#acknowledged
  }

  get ids(): string[] {
    return [...this.#known.keys()]
  }

  /** How many of those that were acknowledged in a phase are lost, once the run was settled. */
  lostIn(phase: string): number {
    return this.#lostIn.get(phase) ?? 0
  }

  newName(): string {
    return `name ${(this.#names += 1)}`
  }

  /** Makes a session with one increment. */
  async newSession(sessions: SessionManager<NamedData>): Promise<string> {
    const name = this.newName()
    const id = await sessions.run(undefined, (session) => {
      addName(session, name)
      return () => session.id
    })
    this.#known.set(id(), { acknowledged: new Map(), thrown: new Set(), refused: new Set() })
    this.acknowledge(id(), name)
    return id()
  }

  /** The same over a line that may fail: then nobody knows of that session. */
  async tryNewSession(sessions: SessionManager<NamedData>): Promise<void> {
    try {
      await this.newSession(sessions)
    } catch (error) {
      if (!isSessionError(error)) throw error
      this.#countFailure(error.code)
    }
  }

  acknowledge(id: string, name: string): void {
    this.#acknowledged += 1
    this.#of(id).acknowledged.set(name, this.phase)
  }

  /** @param name Of the increment that was to be stored, if there was one. */
  fail(id: string, name: string | undefined, code: string): void {
    this.#countFailure(code)
    if (code === 'ERR_SESSION_LOCK_LOST' && name !== undefined) this.#of(id).refused.add(name)
  }

  /** To be called with each session that was started by its id. False: it is not that session. */
  sees(id: string, session: Session<NamedData>): boolean {
    if (session.isNew || session.id !== id) {
      this.#newIds += 1
      return false
    }
    if (session.get('names') === undefined) this.#emptied += 1
    return true
  }

  /** One request with one increment. Answers whether it was acknowledged. */
  async increment(sessions: SessionManager<NamedData>, id: string, work: () => Promise<void>): Promise<boolean> {
    const name = this.newName()
    let isIt = false
    await this.#request(id, name, async () => {
      isIt = await sessions.run(id, async (session) => {
        if (!this.sees(id, session)) return false
        addName(session, name)
        await work()
        return true
      })
      if (isIt) this.acknowledge(id, name)
    })
    return isIt
  }

  /** One request with two increments, of which the first is saved before the second is made. */
  async incrementTwice(sessions: SessionManager<NamedData>, id: string, work: () => Promise<void>): Promise<void> {
    const [first, second] = [this.newName(), this.newName()]
    await this.#request(id, second, async () => {
      const isIt = await sessions.run(id, async (session) => {
        if (!this.sees(id, session)) return false
        addName(session, first)
        await session.save({ keepOpen: true })
        this.acknowledge(id, first)
        addName(session, second)
        await work()
        return true
      })
      if (isIt) this.acknowledge(id, second)
    })
  }

  /** One request that fails by itself: what it has set must not be stored. */
  async incrementAndThrow(sessions: SessionManager<NamedData>, id: string): Promise<void> {
    const name = this.newName()
    const itsOwn = new Error('the handler failed')
    this.#of(id).thrown.add(name)
    await this.#request(id, undefined, async () => {
      const request = sessions.run(id, (session) => {
        if (this.sees(id, session)) addName(session, name)
        throw itsOwn
      })
      await request.catch((error: unknown) => {
        if (error !== itsOwn) throw error
      })
    })
  }

  /** One request that changes nothing. */
  async look(sessions: SessionManager<NamedData>, id: string): Promise<void> {
    await this.#request(id, undefined, async () => {
      await sessions.run(id, (session) => void this.sees(id, session))
    })
  }

  /** Reads every session, and gives what has come of the run. Nothing but increments may have been written. */
  async settle(sessions: SessionManager<NamedData>, driver: LockingDriver): Promise<NamedCounts> {
    const counts = { lost: 0, countedTwice: 0, refusedButStored: 0 }
    for (const [id, { acknowledged, thrown, refused }] of this.#known) {
      const session = await sessions.start(id, { concurrency: 'readonly' })
      const names = this.sees(id, session) ? (session.get('names') ?? []) : []
      const found = new Set(names)
      const among = (others: ReadonlySet<string>): number => [...others].filter((name) => found.has(name)).length
      const lost = [...acknowledged].filter(([name]) => !found.has(name))
      counts.lost += lost.length
      for (const [, phase] of lost) this.#lostIn.set(phase, this.lostIn(phase) + 1)
      const record = await driver.read(await keyOf(id))
      const commits = record?.kind === 'record' ? record.record.version.counter : 0
      for (const written of [found.size, commits, session.get('count') ?? 0]) counts.countedTwice += Math.abs(names.length - written)
      counts.refusedButStored += among(refused) + among(thrown)
    }
    const [acknowledged, failed, wrongErrors, emptied, newIds] = [
      this.#acknowledged,
      this.#failed,
      this.#wrongErrors,
      this.#emptied,
      this.#newIds,
    ]
    return { acknowledged, failed, wrongErrors, ...counts, emptied, newIds }
  }

  async #request(id: string, name: string | undefined, run: () => Promise<void>): Promise<void> {
    try {
      await run()
    } catch (error) {
      if (!isSessionError(error)) throw error
      this.fail(id, name, error.code)
    }
  }

  #countFailure(code: string): void {
    this.#failed += 1
    if (!EXPECTED.has(code)) this.#wrongErrors += 1
  }

  #of(id: string): Known {
    const known = this.#known.get(id)
    if (known === undefined) throw new TypeError('this session is none of the ledger')
    return known
  }
}
